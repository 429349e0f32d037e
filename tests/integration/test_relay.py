"""A real Postfix as the mail server that e-mails are handed to."""

import email
import email.policy
import os
import pathlib
import shutil
import subprocess
import uuid

import peers
import pytest
from vestnik import wait_until


def may_be_root() -> bool:
    if os.geteuid() == 0:
        return True
    sudo = shutil.which("sudo")
    return bool(sudo) and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0


@pytest.fixture
def postfix(tmp_path):
    if not may_be_root():
        pytest.skip("Postfix starts only as root, and sudo would ask for a password")
    with peers.postfix(tmp_path) as relay:
        yield relay


NAMES = ["Anna", "Анна", "Zoë O'Neil", ".leading dot", "<i>x</i>"]


def test_postfix_takes_every_email_once_and_as_meant(start, postfix):
    port, maildir = postfix.ready.split(" ", 1)
    server = start(SMTP_URL=f"smtp://127.0.0.1:{port}?tls=never", EMAIL_FROM="Vestnik <no-reply@example.com>")
    expected = {f"user.{uuid.uuid4().hex[:12]}@example.org": NAMES[number % len(NAMES)] for number in range(50)}
    users = [server.register(email=address, name=name).json["user_id"] for address, name in expected.items()]
    for user in users:
        (notification,) = server.wait_settled(user, count=1, states=("sent",), seconds=60)
        assert notification["sandbox"] is False and notification["provider"] == "smtp"

    inbox = pathlib.Path(maildir) / "new"
    wait_until(lambda: len(list(inbox.glob("*"))) >= len(expected), 30, lambda: f"{len(list(inbox.glob('*')))} mails in {inbox}")
    seen: dict[str, str] = {}
    for file in inbox.iterdir():
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert not message.defects, message.defects
        # The envelope, as Postfix saw it.
        assert message["Return-Path"] == "<no-reply@example.com>"
        recipient = message["Delivered-To"]
        assert recipient not in seen, f"two mails for {recipient}"
        seen[recipient] = message.get_body(("plain",)).get_content()
        assert message["To"].addresses[0].addr_spec == recipient
        assert message["Auto-Submitted"] == "auto-generated" and message["Date"] and message["Message-ID"]
        assert message.get_content_type() == "multipart/alternative" and message.get_body(("html",)) is not None
    assert set(seen) == set(expected)
    for address, name in expected.items():
        assert f"Welcome, {name}!" in seen[address], seen[address]
