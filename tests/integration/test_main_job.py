"""The main job: 1,000 registrations are exactly 1,000 e-mails and 1,000 SMS in the records of those who receive them, each to
the right recipient with the right name and text, and every notification says so with its timeline.

On the embedded log; on Kafka in one process; on Kafka and PostgreSQL with a process per service, two of them email-service.
"""

import concurrent.futures
import re
import threading

import peers
from vestnik import Vestnik, wait_until

REGISTRATIONS = 1_000
CLIENTS = 16
DELIVERY_S = 180
# Latin, Cyrillic (a two-part SMS), accents outside GSM 03.38, the extension table, HTML, an emoji (a surrogate pair).
NAMES = ["Anna", "Анна", "Zoë O’Neil", "[Bert] {€}", "Tom & <Jerry>", "Ко́стя 🐧", "José"]


class User:
    def __init__(self, number: int):
        self.email = f"user.{number:04}@example.org"
        self.phone = f"+7912{number:07}"
        self.name = f"{NAMES[number % len(NAMES)]} {number}"
        self.id = ""

    @property
    def sms_text(self) -> str:
        return f"Welcome, {self.name}! Your account is ready. Not you? Just ignore this message."


def register_all(server: Vestnik) -> list[User]:
    def register(number: int) -> User:
        user = User(number)
        answer = server.register(email=user.email, phone=user.phone, name=user.name, timeout=30)
        assert answer.status == 200, answer
        user.id = answer.json["user_id"]
        return user

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        users = list(pool.map(register, range(REGISTRATIONS)))
    assert len({user.id for user in users}) == REGISTRATIONS
    return users


def check_emails(smtp: peers.SmtpServer, users: list[User]) -> None:
    by_address = {user.email: user for user in users}
    seen: set[str] = set()
    for recipients, message in smtp.emails():
        (recipient,) = recipients
        assert recipient not in seen, f"two e-mails for {recipient}"
        seen.add(recipient)
        user = by_address[recipient]
        assert message["To"].addresses[0].addr_spec == recipient
        assert message["Subject"] == f"Welcome, {user.name}!"
        text = message.get_body(("plain",)).get_content()
        assert text.startswith(f"Welcome, {user.name}!") and user.email in text and user.phone in text, text
        html = message.get_body(("html",)).get_content()
        escaped = user.name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert escaped in html, html
    assert seen == set(by_address)


def check_sms(smsc: peers.Smsc, users: list[User]) -> None:
    expected = {user.phone: user.sms_text for user in users}
    seen: dict[str, str] = {}
    for phone, text in smsc.messages():
        assert phone not in seen, f"two SMS for {phone}"
        seen[phone] = text
    assert seen == expected


def check_status(server: Vestnik, users: list[User]) -> None:
    """Every notification of every user is sent or delivered, and its timeline tells how."""

    def check(user: User) -> None:
        found = server.wait_settled(user.id, seconds=60)
        assert sorted(n["channel"] for n in found) == ["email", "sms"], found
        for notification in found:
            view = server.notification(notification["notification_id"])
            what = [entry["what"] for entry in view["timeline"]]
            assert what[:2] == ["accepted", "planned"] and what.count("sending") == 1 and "sent" in what, view
            assert view["sandbox"] is False and view["attempt"] == 1, view
            assert view["provider"] == {"email": "smtp", "sms": "smpp"}[view["channel"]], view

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(check, users))
    states = server.get("/v1/stats").json["channels"]
    for channel in ("email", "sms"):
        counted = states[channel]["states"]
        assert counted.get("sent", 0) + counted.get("delivered", 0) == REGISTRATIONS, counted


def do_the_main_job(registrar: Vestnik, reader: Vestnik, smtp: peers.SmtpServer, smsc: peers.Smsc) -> None:
    users = register_all(registrar)
    wait_until(
        lambda: smtp.count() >= REGISTRATIONS and smsc.count() >= REGISTRATIONS,
        DELIVERY_S,
        lambda: f"{smtp.count()} e-mails and {smsc.count()} SMS of {REGISTRATIONS} each\n{registrar.log()[-3000:]}",
    )
    check_status(reader, users)
    # Nothing is pending any more, so what the receivers have now is all they will ever get.
    check_emails(smtp, users)
    check_sms(smsc, users)


def test_on_the_embedded_log(start, smtp, smsc, providers):
    server = start(**providers)
    do_the_main_job(server, server, smtp, smsc)
    assert server.stop() == 0


def test_on_kafka_in_one_process(start, smtp, smsc, providers, kafka, topics):
    server = start(KAFKA_BROKERS=peers.brokers(kafka), **providers, **topics)
    do_the_main_job(server, server, smtp, smsc)
    assert server.stop() == 0


def emails_sent_by(server: Vestnik) -> int:
    """From its /metrics."""
    pattern = r'^vestnik_delivery_attempts_total\{(?=[^}]*channel="email")(?=[^}]*outcome="sent")[^}]*\} (\d+)'
    return sum(int(count) for count in re.findall(pattern, server.get("/metrics").body.decode(), re.MULTILINE))


def test_on_kafka_and_postgresql_with_a_process_per_service(start, tmp_path, smtp, smsc, providers, kafka, topics):
    with peers.postgres(tmp_path) as postgres:
        common = {"KAFKA_BROKERS": peers.brokers(kafka), "DATABASE_URL": postgres.ready, **providers, **topics}
        roles = ["user-service", "notification-service", "email-service", "email-service", "sms-service", "analytics-service"]
        # All at once, as an orchestrator starts them: they agree among themselves who makes topics and tables.
        processes = [start(role, wait=False, directory=tmp_path / f"{number}-{role}", **common) for number, role in enumerate(roles)]
        for process in processes:
            process.wait_ready(60)
        by_role = dict(zip(roles, processes))
        do_the_main_job(by_role["user-service"], by_role["analytics-service"], smtp, smsc)
        shares = [emails_sent_by(process) for process in processes if process.role == "email-service"]
        assert sum(shares) == REGISTRATIONS and min(shares) > 0, shares
        stops = [threading.Thread(target=lambda p=process: statuses.append(p.stop())) for process in processes]
        statuses: list[int] = []
        for thread in stops:
            thread.start()
        for thread in stops:
            thread.join()
        assert statuses == [0] * len(roles), statuses
