"""Workflows and templates over HTTP: a preview is what would be sent."""

import json
import uuid

import peers
from test_contract import problem
from vestnik import Answer, Vestnik

PHONE = "+12025550123"


def preview(server: Vestnik, name: str, body: object) -> Answer:
    return server.request("POST", f"/v1/templates/{name}/preview", json.dumps(body).encode(), {"Content-Type": "application/json"})


def test_a_preview_is_what_is_sent(server):
    user = {"email": f"user.{uuid.uuid4().hex[:12]}@example.com", "phone": PHONE, "name": "Анна <b>"}
    user_id = server.register(**user).json["user_id"]
    kept = {n["channel"]: server.get(f"/v1/sandbox/{n['notification_id']}").json for n in server.wait_settled(user_id)}
    shown = preview(server, "welcome", {"data": user | {"user_id": user_id, "event_type": "user_registered"}}).json
    assert {part: kept["email"][part] for part in ("subject", "text", "html")} == {part: shown[part] for part in ("subject", "text", "html")}
    assert kept["sms"]["text"] == shown["sms"]["text"] and "Анна" in shown["sms"]["text"]
    assert kept["sms"]["sms"] == {"encoding": "ucs2", "parts": shown["sms"]["parts"]} and shown["sms"]["encoding"] == "ucs2"
    assert "".join(shown["sms"]["parts"]) == shown["sms"]["text"] and len(shown["sms"]["parts"]) == 2
    assert "sms" not in kept["email"]


def test_what_is_there_to_preview(server):
    (workflow,) = server.get("/v1/workflows").json["workflows"]
    assert workflow["event"] == "user_registered"
    assert [(step["channel"], step["template"], step["expires_after"]) for step in workflow["steps"]] == [("email", "welcome", "1d"), ("sms", "welcome", "6h")]
    (template,) = server.get("/v1/templates").json["templates"]
    assert template["name"] == "welcome" and template["channels"] == ["email", "sms"]
    assert preview(server, "welcome", {}).json == preview(server, "welcome", {"data": template["sample"]}).json
    problem(preview(server, "wellcome", {}), 404)
    problem(preview(server, "welcome", {"dta": {}}), 422, "dta")


def test_the_process_with_the_dashboard_has_the_operators_templates(start, tmp_path, kafka, topics):
    (tmp_path / "templates/code").mkdir(parents=True)
    (tmp_path / "templates/code/sms.txt").write_text("Code {{code}}")
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/login.yaml").write_text("steps:\n  - {name: code, channel: sms, template: code, category: otp}\n")
    server = start(
        "analytics-service",
        KAFKA_BROKERS=peers.brokers(kafka),
        DATABASE_URL="sqlite:",
        VESTNIK_TEMPLATES_DIR=str(tmp_path / "templates"),
        VESTNIK_WORKFLOWS_DIR=str(tmp_path / "workflows"),
        VESTNIK_CATEGORIES="otp expires_after=5m",
        **topics,
    )
    assert server.get("/v1/workflows").json["workflows"][0]["steps"][0]["expires_after"] == "5m"
    (template,) = server.get("/v1/templates").json["templates"]
    assert (template["channels"], template["sample"]["code"], template["sample"]["event_type"]) == (["sms"], "code", "login")
    shown = preview(server, "code", {"data": {"code": "4711"}}).json
    assert shown == {"sms": {"text": "Code 4711", "encoding": "gsm7", "parts": ["Code 4711"]}}


def test_a_sample_that_is_none_is_told_at_start(start, tmp_path):
    (tmp_path / "templates/code").mkdir(parents=True)
    (tmp_path / "templates/code/sms.txt").write_text("Code {{code}}")
    (tmp_path / "templates/code/sample.json").write_text('{"code": 4711,}')
    server = start(wait=False, VESTNIK_TEMPLATES_DIR=str(tmp_path / "templates"))
    assert server.process.wait(20) == 2
    assert "code/sample.json: " in server.log()
