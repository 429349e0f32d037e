"""What the issue of the dashboard is about: the whole way of a person who wants to know what became of a notification."""

import json
import uuid

import pytest
from playwright.sync_api import expect
from vestnik import Vestnik

from test_deliveries import System, fresh_email

PHONE = "+12025550123"
WORDS = {
    "en": {"sent": "Sent", "dead": "Dead", "retry": "Retry", "reader": "As its reader sees it", "delivered": "1 delivery is sent again", "resolve": "It arrived"},
    "ru": {"sent": "Отправлено", "dead": "Отказ", "retry": "Повторить", "reader": "Как видит получатель", "delivered": "1 доставка отправляется снова",
           "resolve": "Дошло"},
}
languages = pytest.mark.parametrize("language", ["en", "ru"])


def register(server: Vestnik, email: str, **user) -> str:
    return server.register(email=email, **user).json["user_id"]


@languages
def test_counts_move_without_a_reload(start, read, language):
    server = start()
    reader = read(server, language=language)
    page = reader.open()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_text("make request")).to_be_visible()
    expect(reader.figure("accepted")).to_have_attribute("data-exact", "0")
    page.evaluate("window.stillTheSamePage = true")
    for number in (1, 2, 3):
        server.wait_settled(register(server, fresh_email(), phone=PHONE))
        expect(reader.figure("accepted")).to_have_attribute("data-exact", str(number))
        expect(reader.figure("sent")).to_have_attribute("data-exact", str(2 * number))
    expect(page.get_by_text("make request")).to_have_count(0)
    expect(page.locator('[data-state="sent"]').first).to_contain_text(WORDS[language]["sent"])
    assert page.evaluate("window.stillTheSamePage")


@languages
def test_a_notification_is_found_with_its_timeline_and_its_mail(server, read, language):
    name = f"Anna{uuid.uuid4().hex[:6]}"
    email = fresh_email()
    user = register(server, email, phone=PHONE, name=name)
    server.wait_settled(user)
    reader = read(server, language=language)
    page = reader.open("notifications")
    page.get_by_role("searchbox").fill(user)
    page.keyboard.press("Enter")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    rows.filter(has=page.locator(".channel", has_text={"en": "E-mail", "ru": "Почта"}[language])).get_by_role("link").click()

    timeline = page.locator(".timeline li")
    for step in ("accepted", "planned", "sending", "sent"):
        expect(page.locator(f'.timeline [data-what="{step}"]')).to_have_count(1)
    expect(timeline.last).to_contain_text("kept in the sandbox")
    expect(timeline.last).to_contain_text(WORDS[language]["sent"])
    expect(page.get_by_role("heading", level=1)).to_contain_text(email)
    expect(page.get_by_role("button", name=WORDS[language]["reader"])).to_have_attribute("aria-pressed", "true")
    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading")).to_have_text(f"Welcome, {name}!")
    expect(mail.locator("h1")).to_have_css("font-size", "28px")  # its own styles count

    page.go_back()
    rows.filter(has_text="SMS").get_by_role("link").click()
    expect(page.locator(".bubble")).to_have_text(f"Welcome, {name}! Your account is ready. Not you? Just ignore this message.")


@languages
def test_a_dead_letter_is_retried_and_delivered(system: System, read, language):
    address = f"gone.{uuid.uuid4().hex[:8]}@example.org"
    dead = system.register(address)
    system.wait(dead, "dead")
    system.replace_mail_server()
    reader = read(system.server, language=language)
    page = reader.open()
    expect(reader.figure("waiting")).to_have_attribute("data-exact", "1")
    page.locator('[data-figure="waiting"] a').click()
    row = page.locator("tr", has=page.locator('td[data-column="answer"]'))
    expect(row).to_contain_text("no such user here")
    expect(row).to_contain_text(WORDS[language]["dead"])
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name=WORDS[language]["retry"], exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("mailbox opened")
    dialog.get_by_role("button", name=WORDS[language]["retry"], exact=True).click()
    expect(page.get_by_role("status").filter(has_text=WORDS[language]["delivered"])).to_be_visible()
    expect(row).to_have_count(0)

    reader.go(f"notifications/{dead}")
    retried = page.locator('.timeline [data-what="retried"]')
    expect(retried).to_contain_text("mailbox opened")
    expect(page.locator(".timeline li").last).to_have_attribute("data-what", "sent")
    expect(page.locator(".timeline li").last.locator(".answer")).to_contain_text("250")
    assert system.delivered_to() == [address]


def test_all_that_match_are_discarded_and_one_in_doubt_is_resolved(system: System, read):
    dead = [system.register(f"gone.{i}.{uuid.uuid4().hex[:8]}@example.org") for i in range(3)]
    doubtful = system.register(f"doubtful.{uuid.uuid4().hex[:8]}@example.org")
    for notification in dead:
        system.wait(notification, "dead")
    system.wait(doubtful, "in_doubt")
    reader = read(system.server)
    page = reader.open("deliveries")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_role("button", name="Dead", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="Discard all").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_text("3 deliveries were discarded")).to_be_visible()
    assert [system.delivery(notification)["state"] for notification in dead] == ["discarded"] * 3

    reader.go(f"notifications/{doubtful}")
    page.get_by_role("button", name="It arrived").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("seen in its log")
    page.keyboard.press("Enter")
    expect(page.locator('.timeline [data-what="sent"]')).to_contain_text("seen in its log")
    assert system.delivery(doubtful)["state"] == "sent"


def test_a_key_is_asked_for_and_kept_for_the_tab(start, read):
    key = "0123456789abcdef0123456789abcdef"
    server = start(VESTNIK_API_KEYS=key)
    reader = read(server, expected=r"status of 401")
    page = reader.open()
    field = page.get_by_label("API key")
    field.fill("not this one, which is long")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not accept")
    field.fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.reload()
    expect(reader.figure("accepted")).to_have_attribute("data-exact", "0")
    page.get_by_role("button", name="Forget the API key").click()
    expect(field).to_be_visible()
    page.reload()
    expect(field).to_be_visible()


def test_it_says_when_the_server_is_away_and_goes_on_when_it_is_back(start, read):
    server = start()
    reader = read(server, expected=r"net::ERR_|Failed to load resource")
    page = reader.open()
    expect(reader.figure("accepted")).to_have_attribute("data-exact", "0")
    server.kill()
    expect(page.locator(".banner")).to_contain_text("does not answer")
    server.start()
    register(server, fresh_email())
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".failed")).to_have_count(0)
    expect(reader.figure("accepted")).to_have_attribute("data-exact", "1")


def test_language_and_theme_are_chosen_and_remembered(server, read):
    reader = read(server)
    page = reader.open()
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", name="Обзор")).to_be_visible()
    page.get_by_role("button", name="Тема").click()
    page.get_by_role("button", name="Тема").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("heading", name="Обзор")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_everything_is_reached_by_keyboard(server, read):
    user = register(server, fresh_email())
    server.wait_settled(user, count=1)
    page = read(server).open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1, name="Notifications")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("heading", level=1, name="Notifications")).to_be_visible()


HOSTILE = """<style>p { color: rgb(1, 2, 3) }</style><base href="https://elsewhere.example/"><meta http-equiv="refresh" content="0;url=https://elsewhere.example/">
<p onclick="parent.postMessage('ran', '*')">shown</p><script>parent.postMessage('ran', '*')</script><img src="https://elsewhere.example/seen.png" onerror="parent.postMessage('ran', '*')">
<img src=x onerror="parent.postMessage('ran', '*')"><form action="https://elsewhere.example/"><button>send</button></form><iframe src="https://elsewhere.example/"></iframe>
<a href="https://elsewhere.example/">link</a><svg onload="parent.postMessage('ran', '*')"></svg><style>@import "https://elsewhere.example/s.css"; body { background: url(https://elsewhere.example/b.png) }</style>"""


def test_a_hostile_mail_is_only_shown(server, read):
    reader = read(server, expected="Content Security Policy")
    page = reader.open()
    page.evaluate(
        """html => new Promise(resolve => {
          window.heard = [];
          const frame = Object.assign(document.createElement('iframe'), {src: '/mail.html', sandbox: 'allow-scripts', className: 'hostile'});
          addEventListener('message', ({data, source}) => {
            if (source !== frame.contentWindow) return;
            window.heard.push(data);
            if (data.ready) frame.contentWindow.postMessage({html}, '*');
            if (data.height) resolve();
          });
          document.body.append(frame);
        })""",
        HOSTILE,
    )
    mail = page.frame_locator("iframe.hostile")
    expect(mail.get_by_text("shown")).to_have_css("color", "rgb(1, 2, 3)")
    mail.get_by_text("shown").click()
    mail.get_by_text("link").click()
    expect(mail.locator("script:not([src]), form, iframe, base, meta[http-equiv]")).to_have_count(0)
    origin = page.frames[-1].evaluate("[self.origin, (() => { try { return String(localStorage) } catch (error) { return error.name } })()]")
    assert origin == ["null", "SecurityError"]
    heard = page.evaluate("window.heard")
    assert "ran" not in json.dumps(heard)
    # That Reader.close() finds no request to elsewhere.example is half of this test.
