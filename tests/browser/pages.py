"""What people do on our pages, each in a few clicks. The words are those of the pages."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, expect

from tests.browser.people import PASSWORD
from tests.browser.visitors import Visitor


def sign_in(who: Visitor, email: str, password: str = PASSWORD) -> None:
    """Through the form, from the sign-in page."""
    who.go("/sign-in")
    who.field("E-mail").fill(email)
    who.field("Password").fill(password)
    who.press("Sign in")


def sign_out(who: Visitor) -> None:
    """Through the menu of the person."""
    who.page.locator(".topbar details.menu summary").click()
    who.press("Sign out")
    expect(who.page).to_have_url(f"{who.url}/sign-in")


def first_visit(who: Visitor, *topics: str) -> None:
    """Read the rules, choose topics, look around."""
    who.press("I have read them, go on")
    for name in topics:
        who.page.get_by_text(name, exact=True).click()
    who.press("Follow these")
    who.press("Look around first")
    expect(who.page).to_have_url(f"{who.url}/")


def saved(who: Visitor) -> None:
    """The editor says that everything typed is kept."""
    expect(who.page.locator("[data-save-state].saved")).to_contain_text(who.say("Saved %(time)s", time="").strip())


def open_proposal(who: Visitor, words: str) -> None:
    """From my proposals."""
    who.go("/proposals")
    who.page.get_by_role("link", name=re.compile(f"^{re.escape(words)}")).click()


def open_notice(who: Visitor, words: str) -> None:
    """From the bell."""
    who.go("/notices")
    who.page.get_by_role("button", name=re.compile(re.escape(words))).click()


def mail(who: Visitor, subject: str, to: str = "") -> str:
    """Open a mail in the local mailbox; returns the path that it leads to."""
    who.go("/dev/mail")
    who.page.locator(".items li", has_text=to).get_by_role("link", name=subject).first.click()
    address = who.page.locator(".letter a").last.get_attribute("href")
    assert address
    return urlsplit(address).path


def card(who: Visitor, words: str) -> Locator:
    """The card of a post on the home page."""
    return who.page.locator(".feed-card", has_text=words)


def shared_line(who: Visitor, words: str) -> Locator:
    """The entry of a share under My shares."""
    return who.page.locator(".timeline > li", has_text=words)


def open_more(who: Visitor) -> None:
    """On a phone: the rest of the menu, at the bottom."""
    who.page.locator(".tabbar details.menu summary").click()


def connect_practice(who: Visitor, name: str) -> None:
    """From the accounts page, by the practice network's own page, and back."""
    who.press("Connect %(network)s", network=who.say("Practice network"))
    host = who.page.locator("h1").inner_text().rpartition(" ")[2]
    who.follow("On to %(host)s", host=host)
    who.page.locator("#name").fill(name)
    who.page.locator("button[value=allow]").click()
    expect(who.page).to_have_url(re.compile(r"/accounts#account-"))


def admin(who: Visitor, section: str) -> None:
    """One of the admin's pages, from wherever one is."""
    who.page.locator(".topbar").get_by_role("link", name=who.say("Admin"), exact=True).click()
    who.page.locator(".admin-nav").get_by_role("link", name=who.say(section), exact=True).click()
