"""A person in front of the page: a browser with a language, a theme and a window, and what must never happen in it."""

import pathlib
import re
import shutil

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect
from vestnik import PROJECT, Vestnik

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = PROJECT / "build" / "test-results" / "browser"
WAIT_MS = 10_000
WIDTHS = (360, 820, 1440)

expect.set_options(timeout=WAIT_MS)


class Reader:
    """`expected`: a pattern of what the console may say besides nothing, where a test breaks something on purpose."""

    def __init__(self, browser: Browser, server: Vestnik, language: str = "en", theme: str = "light", width: int = 1440, expected: str = ""):
        self.server = server
        self.expected = re.compile(expected) if expected else None
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.context = browser.new_context(
            locale={"en": "en-GB", "ru": "ru-RU"}[language],
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            base_url=server.address,
        )
        self.context.set_default_timeout(WAIT_MS)
        self.context.on("request", self._request)
        self.context.on("requestfailed", self._failed)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.server.address + "/", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def _failed(self, request: Request) -> None:
        """Chromium tells of a request that the policy forbids, too; it never left."""
        if request.url in self.elsewhere and request.failure == "csp":
            self.elsewhere.remove(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (self.expected and self.expected.search(message.text)):
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        self.context.close()
        assert not self.complaints, self.complaints
        assert not self.elsewhere, self.elsewhere

    # --- what a reader does ---

    def open(self, place: str = "") -> Page:
        self.page.goto(f"/#/{place}")
        expect(self.page.locator("main h1")).to_be_visible()
        return self.page

    def go(self, place: str) -> Page:
        """Another view of the page that is open."""
        self.page.evaluate("place => { location.hash = place }", f"#/{place}")
        return self.page

    def figure(self, name: str) -> Locator:
        """A number of the overview, without its rounding."""
        return self.page.locator(f'[data-figure="{name}"] [data-exact]')

    # --- what must hold ---

    def settled(self) -> Page:
        """Loaded, with all that is shown while loading gone."""
        expect(self.page.locator(".skeleton")).to_have_count(0)
        return self.page

    def check_accessibility(self, name: str) -> None:
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "iframes": False}).response["violations"]
        grave = [
            (violation["id"], violation["help"], [(node["html"][:200], node["failureSummary"]) for node in violation["nodes"]])
            for violation in found
            if violation["impact"] in ("serious", "critical")
        ]
        assert not grave, f"{name}: {grave}"

    def check_width(self, name: str) -> None:
        over = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name}: {over} px wider than the window"

    def picture(self, name: str, full_page: bool = True) -> pathlib.Path:
        if full_page:
            self.page.evaluate("scrollTo(0, 0)")
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{name}.png"
        self.page.screenshot(path=file, full_page=full_page, animations="disabled")
        return file
