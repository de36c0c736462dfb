"""People at browsers: what they see in their own language, and every trouble that their browser had."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, WebError, expect

from app.notices.words import translate

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 700}
PATIENCE_MS = 15_000
# A page that is left takes its questions with it.
LEFT = "net::ERR_ABORTED"
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """One browser window with its own cookies. `say` gives a sentence of ours in the language of its pages."""

    context: BrowserContext
    page: Page
    url: str
    locale: str
    troubles: list[str] = field(default_factory=list)
    _expected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context.on("console", self._console)
        self.context.on("weberror", self._error)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused request is judged by its status below; browser and htmx only repeat it.
        repeated = message.text.startswith(("Failed to load resource", "Response Status Error Code"))
        if message.type in ("error", "warning") and not repeated:
            self.troubles.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.troubles.append(f"script: {error.error}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.troubles.append(f"failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.troubles.append(f"answer: {response.status} {response.request.method} {response.url}")

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Refusals that belong to the story."""
        self._expected.update(statuses)
        yield
        self._expected.difference_update(statuses)

    @contextmanager
    def other_tab(self) -> Iterator[None]:
        """The same person in a second window."""
        first, self.page = self.page, self.context.new_page()
        yield
        self.page.close()
        self.page = first

    def say(self, sentence: str, **values: Any) -> str:
        """The sentence as the pages of this person have it."""
        return translate(self.locale, sentence, values)

    def go(self, path: str) -> Page:
        """Open an address."""
        self.page.goto(urljoin(self.url, path))
        return self.page

    def path(self) -> str:
        """Where the window is, without the host."""
        return self.page.url.removeprefix(self.url)

    def button(self, sentence: str, **values: Any) -> Locator:
        """The button with exactly these words."""
        return self.page.get_by_role("button", name=self.say(sentence, **values), exact=True)

    def link(self, sentence: str, **values: Any) -> Locator:
        """The link with exactly these words."""
        return self.page.get_by_role("link", name=self.say(sentence, **values), exact=True)

    def field(self, sentence: str, **values: Any) -> Locator:
        """The field with this label, whether or not it says "(optional)"."""
        words = re.escape(self.say(sentence, **values))
        return self.page.get_by_label(re.compile(rf"^{words}(\s*\(\w+\))?$"))

    def press(self, sentence: str, **values: Any) -> None:
        """Click on the button with these words."""
        self.button(sentence, **values).click()

    def follow(self, sentence: str, **values: Any) -> None:
        """Click on the link with these words."""
        self.link(sentence, **values).click()

    def follow_there(self, sentence: str, **values: Any) -> None:
        """Go where this link leads, in this window though it opens another."""
        self.go(self.link(sentence, **values).get_attribute("href") or "")

    def sees(self, sentence: str, **values: Any) -> None:
        """These words are (or soon will be) on the page."""
        expect(self.page.get_by_text(self.say(sentence, **values)).first).to_be_visible()

    def until(self, wanted: Locator) -> None:
        """Look again and again until this is on the page: a worker is at it."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while not wanted.is_visible():
            assert time.monotonic() < end, f"{wanted} did not come"
            self.page.reload()

    def reads(self, words: str) -> None:
        """Something that people wrote is (or soon will be) on the page."""
        expect(self.page.get_by_text(words).first).to_be_visible()


def visitor(browser: Browser, url: str, locale: str, *, phone: bool = False, script: bool = True, dark: bool = False) -> Visitor:
    """A fresh window in which nobody is signed in."""
    context = browser.new_context(
        locale={"en": "en-GB", "de": "de-DE"}[locale],
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        user_agent=f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser.version} Safari/537.36",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    return Visitor(context, context.new_page(), url, locale)
