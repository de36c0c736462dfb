"""Signing in and out, languages, and what a sign-in is worth when it has ended. Sam is not signed in at all."""

import pytest
from playwright.sync_api import expect

from app.db import session, transaction
from app.people import deactivation
from app.people.models import User
from tests.browser import pages, people
from tests.browser.conftest import Stage

MINE = (
    *("/", "/write", "/proposals", "/shares", "/accounts", "/notices", "/me", "/first-visit", "/review", "/review/posts"),
    *("/guidelines", "/guidelines/changes", "/admin/people", "/admin/people/invite", "/admin/teams", "/admin/topics"),
    *("/admin/networks", "/admin/health", "/admin/doctor", "/admin/audit", "/dev/components"),
)


def test_sam_sees_a_sign_in_page_everywhere(stage: Stage) -> None:
    edda = people.person("Edda")
    people.rulebook()
    post = people.post(stage.running, text="A secret about cold seals")
    sam = stage.window()
    for path in (*MINE, f"/posts/{post.id}/words", f"/proposals/{post.proposal_id}", f"/review/{post.proposal_id}"):
        sam.go(path)
        expect(sam.page.locator("h1")).to_have_text("Sign in")
        shown = sam.page.content()
        assert not [leak for leak in ("secret", edda.email, "Edda", "Approve") if leak in shown], path

    # An address that is not there says so without telling more, and a wrong password does not say who is here.
    with sam.expecting(404, 422):
        sam.go("/nothing")
        sam.sees("There is nothing at this address, or it is not for you to see.")
        for email in (edda.email, "nobody@outspoken.example"):
            pages.sign_in(sam, email, "not my password")
            sam.sees("E-mail and password do not belong together. Check both, or choose a new password.")


def test_after_signing_in_one_is_where_one_wanted_to_go(stage: Stage) -> None:
    emil = people.person("Emil")
    window = stage.window()
    window.go("/shares")
    window.field("E-mail").fill(emil.email)
    window.field("Password").fill(people.PASSWORD)
    window.press("Sign in")
    expect(window.page).to_have_url(f"{window.url}/shares")


@pytest.mark.parametrize("ending", ["signed out", "deactivated"])
def test_an_ended_sign_in_is_worthless(stage: Stage, ending: str) -> None:
    emil_row = people.person("Emil")
    people.post(stage.running)
    emil = stage.window()
    pages.sign_in(emil, emil_row.email)
    stolen = emil.context.cookies()
    expect(emil.page.locator(".feed-card")).to_have_count(1)

    if ending == "signed out":
        with emil.other_tab():
            emil.go("/")
            pages.sign_out(emil)
    else:
        _deactivate(emil_row)

    # The window that was open leads to the sign-in page with the next click, and the cookie opens nothing elsewhere.
    emil.page.locator(".topbar").get_by_role("link", name="My shares").click()
    expect(emil.page.locator("h1")).to_have_text("Sign in")
    thief = stage.window()
    thief.context.add_cookies([{"name": one["name"], "value": one["value"], "url": thief.url} for one in stolen])
    thief.go("/shares")
    expect(thief.page.locator("h1")).to_have_text("Sign in")


def _deactivate(user: User) -> None:
    ada = people.person("Ada")
    with transaction():
        deactivation.deactivate(user.id, by=ada)


def test_a_language_is_one_click_signed_out_and_signed_in(stage: Stage) -> None:
    emil_row = people.person("Emil")
    window = stage.window()
    window.go("/sign-in")
    window.press("Deutsch")
    expect(window.page.locator("html")).to_have_attribute("lang", "de")
    window.locale = "de"
    window.field("E-mail").fill(emil_row.email)
    window.field("Password").fill(people.PASSWORD)
    window.press("Sign in")

    # Signed in, the language is the person's own, and stays with them.
    expect(window.page.locator("html")).to_have_attribute("lang", "en")
    window.go("/shares")
    window.press("Deutsch")
    expect(window.page).to_have_url(f"{window.url}/shares")
    expect(window.page.locator("html")).to_have_attribute("lang", "de")
    again = stage.enter(session.get_one(User, emil_row.id, populate_existing=True))
    again.go("/")
    expect(again.page.locator("html")).to_have_attribute("lang", "de")
