"""/metrics keeps to Prometheus' conventions, and what deploy/ shows and alerts on is there."""

import json
import re
import subprocess
import uuid

import pytest
from vestnik import PROJECT, Vestnik

ALERTS = PROJECT / "deploy/prometheus/alerts.yaml"
ALERT_TESTS = PROJECT / "deploy/prometheus/alerts_test.yaml"
DASHBOARD = PROJECT / "deploy/grafana/vestnik.json"
# A histogram is three series.
NAME = re.compile(r"\b((?:vestnik|process)_[a-z0-9_]+)\b")


def promtool(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *arguments], input=stdin, capture_output=True, text=True, timeout=60)


@pytest.fixture
def metrics(start, otlp, providers) -> str:
    """Of a process that has done all kinds of work once."""
    server: Vestnik = start(OTEL_EXPORTER_OTLP_ENDPOINT=otlp.url, **providers)
    user = server.register(email=f"user.{uuid.uuid4().hex[:12]}@example.com", phone="+12025550123").json["user_id"]
    server.wait_settled(user)
    server.get("/readyz")
    server.get("/nowhere")
    text = server.get("/metrics").body.decode()
    assert server.stop() == 0
    return text


def test_promtool_has_nothing_against_the_metrics(metrics):
    checked = promtool("check", "metrics", stdin=metrics)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked


def test_promtool_has_nothing_against_the_rules_and_they_fire_when_they_should():
    checked = promtool("check", "rules", "--lint-fatal", str(ALERTS))
    assert checked.returncode == 0, checked
    tested = promtool("test", "rules", str(ALERT_TESTS))
    assert tested.returncode == 0, tested.stdout + tested.stderr
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    tested_for = set(re.findall(r"alertname: (\w+)", ALERT_TESTS.read_text()))
    assert alerts == tested_for, "an alert without a test"


def expressions(dashboard: dict) -> list[str]:
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return targets + [variable["query"] for variable in dashboard["templating"]["list"]]


def test_what_dashboard_and_alerts_name_is_there(metrics):
    series = {match[1] for match in re.finditer(r"^([a-z0-9_]+)[{ ]", metrics, re.MULTILINE)}
    dashboard = json.loads(DASHBOARD.read_text())
    shown = {name for expression in expressions(dashboard) for name in NAME.findall(expression)}
    alerted = set(NAME.findall(ALERTS.read_text()))
    assert shown <= series and alerted <= series, (shown | alerted) - series
    # And the other way round: nothing is measured that nobody sees.
    families = set(re.findall(r"^# TYPE (\S+)", metrics, re.MULTILINE))
    seen = {re.sub("_(bucket|sum|count)$", "", name) for name in shown}
    assert families == seen, families ^ seen


def test_the_rules_of_the_dashboard_are_valid(tmp_path):
    """promtool parses each expression as if it were a rule; Grafana's own variables stand for something."""
    rules = []
    for number, expression in enumerate(expressions(json.loads(DASHBOARD.read_text()))):
        if expression.startswith("label_values") or expression == "prometheus":
            continue
        expression = expression.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*")
        rules.append({"record": f"dashboard:panel_{number}", "expr": expression})
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = promtool("check", "rules", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(rules) > 20


def test_labels_come_from_bounded_sets(metrics):
    """No id, address or number in a label: what a client or recipient can choose makes no series."""
    values = re.findall(r'="([^"]*)"', metrics)
    for value in values:
        assert "@" not in value and not re.search(r"[0-9a-f]{8}-", value) and not re.search(r"\d{7}", value), value
    assert metrics.count("\n") < 1_500
