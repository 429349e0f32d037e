"""The views that stand on one part of the API each: search by recipient, export, ranges, previews, the system."""

import csv
import json
import pathlib
import re

from playwright.sync_api import expect
from vestnik import Vestnik

from test_deliveries import fresh_email

PHONE = "+12025550123"


def register(server: Vestnik, email: str, **user) -> str:
    user_id = server.register(email=email, **user).json["user_id"]
    server.wait_settled(user_id, count=1 + ("phone" in user))
    return user_id


def test_a_recipient_is_found_and_what_matches_is_exported(server, read):
    email = fresh_email()
    user = register(server, email)
    register(server, fresh_email(), phone=PHONE)
    page = read(server).open("notifications")
    page.get_by_role("searchbox").fill(email.upper())
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("•••@example.org")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    (row,) = csv.DictReader(pathlib.Path(download.value.path()).read_text().splitlines())
    assert row["user_id"] == user and row["state"] == "sent"
    with page.expect_download() as download:
        page.get_by_role("link", name="NDJSON").click()
    (line,) = pathlib.Path(download.value.path()).read_text().splitlines()
    assert json.loads(line)["user_id"] == user


def test_filters_stand_in_the_address_and_pages_are_stable(server, read):
    for _ in range(30):
        assert server.register(email=fresh_email(), phone=PHONE).status == 200
    last = register(server, fresh_email(), phone=PHONE)
    reader = read(server)
    page = reader.open("notifications?state=sent")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    first_page = page.locator("tbody .id code").evaluate_all("codes => codes.map(code => code.title)")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    expect(rows).not_to_have_count(50)
    second_page = page.locator("tbody .id code").evaluate_all("codes => codes.map(code => code.title)")
    assert second_page and not set(first_page) & set(second_page)
    page.get_by_role("button", name="Back").click()
    expect(rows).to_have_count(50)
    assert page.locator("tbody .id code").evaluate_all("codes => codes.map(code => code.title)") == first_page

    page.get_by_label("Channel").select_option("sms")
    expect(page.locator(".chip")).to_have_count(2)
    assert "channel=sms" in page.url and "state=sent" in page.url
    expect(rows.first).to_contain_text("SMS")
    page.get_by_role("button", name="Remove the filter: State").click()
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("searchbox").fill(last)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)


def test_what_happens_comes_by_one_stream(start, read):
    server = start()
    reader = read(server)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url.removeprefix(server.address)))
    page = reader.open()
    for number in (1, 2):
        register(server, fresh_email())
        expect(reader.figure("accepted")).to_have_attribute("data-exact", str(number))
    assert asked.count("/v1/live") == 1
    assert "/v1/stats" not in asked and "/readyz" not in asked
    expect(page.locator(".lag tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("Waiting for the next step")).to_be_visible()
    register(server, fresh_email())
    expect(page.locator(".activity-steps")).to_contain_text("Sent")


def test_a_range_is_charted_and_grouped(server, read):
    register(server, fresh_email(), phone=PHONE)
    page = read(server).open()
    chart = page.locator(".range .plot")
    expect(chart.locator("canvas")).to_be_visible()
    expect(page.locator(".funnel li")).to_have_count(4)
    expect(page.locator(".latency")).to_contain_text("accepted → sent")
    page.get_by_role("button", name="24 h").click()
    page.get_by_label("By", exact=True).select_option("template")
    expect(chart).to_have_attribute("aria-label", re.compile("welcome"))
    page.get_by_text("As a table").click()
    expect(page.locator(".chart-table tbody tr").last).to_contain_text(":")
    assert "range=24h" in page.url and "group=template" in page.url


def test_a_template_is_seen_before_anybody_gets_it(server, read):
    page = read(server).open("templates")
    expect(page.get_by_role("heading", name="user_registered")).to_be_visible()
    mail = page.frame_locator("iframe.mail")
    data = page.get_by_role("textbox", name="Data")
    expect(mail.get_by_role("heading")).to_contain_text("Welcome")
    data.fill('{"name": "Zoë"}')
    expect(mail.get_by_role("heading")).to_have_text("Welcome, Zoë!")
    expect(page.locator(".bubble").first).to_contain_text("Welcome, Zoë!")
    data.fill('{"name": ')
    expect(page.get_by_text("This is not a JSON object.")).to_be_visible()
    page.get_by_role("button", name="Back to the sample").click()
    expect(page.get_by_text("This is not a JSON object.")).to_have_count(0)


def test_counting_anew(server, read):
    user = register(server, fresh_email())
    page = read(server).open("system")
    expect(page.get_by_text("embedded")).to_have_count(2)
    page.get_by_role("button", name="Count anew").click()
    page.get_by_role("dialog").get_by_role("button", name="Count anew").click()
    expect(page.get_by_text("Last done:")).to_be_visible()
    assert [n["state"] for n in server.notifications(user) if n["channel"] == "email"] == ["sent"]
