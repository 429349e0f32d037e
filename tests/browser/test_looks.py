"""Every view in both themes: axe finds nothing serious, nothing is wider than the window; pictures at three widths for people to look at."""

import uuid

import pytest
from reader import WIDTHS, Reader
from vestnik import Vestnik, wait_until

from test_deliveries import System

PHONE = "+12025550123"
VIEWS = {
    "overview": "overview",
    "notifications": "notifications",
    "deliveries": "deliveries",
    "sandbox": "sandbox",
    "templates": "templates",
    "system": "system",
}


@pytest.fixture
def busy(system: System) -> dict[str, str]:
    """A system with something in every view; the place of each view."""
    server: Vestnik = system.server
    for i in range(6):
        server.register(email=f"anna.{i}.{uuid.uuid4().hex[:6]}@example.org", phone=PHONE[:-1] + str(i), name="Anna")
    dead = system.register(f"gone.{uuid.uuid4().hex[:8]}@example.org")
    doubtful = system.register(f"doubtful.{uuid.uuid4().hex[:8]}@example.org")
    system.wait(dead, "dead")
    system.wait(doubtful, "in_doubt")
    messages = wait_until(lambda: server.get("/v1/sandbox").json["messages"], 10, "an SMS in the sandbox")
    return VIEWS | {"dead": f"notifications/{dead}", "sms": f"notifications/{messages[0]['notification_id']}"}


def in_navigation(reader: Reader) -> list[str]:
    return [link.split("/")[-1] for link in reader.page.locator(".nav a").evaluate_all("links => links.map(link => link.hash)")]


READERS = {"light": [("en", WIDTHS[0]), ("ru", WIDTHS[1]), ("en", WIDTHS[2])], "dark": [("ru", WIDTHS[0]), ("en", WIDTHS[2])]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view(busy, system, read, theme):
    for language, width in READERS[theme]:
        reader = read(system.server, language=language, theme=theme, width=width)
        reader.open()
        reader.settled()
        shown = in_navigation(reader)
        for name, place in busy.items():
            if place in VIEWS and place not in shown:
                continue
            reader.go(place)
            reader.settled()
            what = f"{name}-{theme}-{language}-{width}"
            reader.check_width(what)
            if language == "en":
                reader.check_accessibility(what)
            reader.picture(what)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_login_and_dialogs(system, read, start, tmp_path, theme):
    locked = start(directory=tmp_path / "locked", VESTNIK_API_KEYS="0123456789abcdef0123456789abcdef")
    reader = read(locked, theme=theme, width=WIDTHS[0], expected="status of 401")
    reader.open()
    reader.check_accessibility("login")
    reader.check_width("login")
    reader.picture(f"login-{theme}")

    dead = system.register(f"gone.{uuid.uuid4().hex[:8]}@example.org")
    system.wait(dead, "dead")
    reader = read(system.server, theme=theme, width=WIDTHS[1])
    page = reader.open(f"notifications/{dead}")
    page.get_by_role("button", name="Discard").click()
    reader.settled()
    reader.check_accessibility("confirm")
    reader.picture(f"confirm-{theme}", full_page=False)
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    reader.check_accessibility("shortcuts")
    reader.picture(f"shortcuts-{theme}", full_page=False)
