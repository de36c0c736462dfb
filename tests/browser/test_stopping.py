"""Ada presses stop while a share of Emil's is under way: it waits and says why; she lets it go on, and it arrives once."""

from playwright.sync_api import expect
from sqlalchemy import update

from app.db import session, transaction
from app.sharing.models import Delivery
from tests.browser import pages, people
from tests.browser.conftest import Stage

TEXT = "Our pumps start at thirty degrees below zero. Three things that surprised us."
REASON = "A figure is wrong; we look into it."


def test_ada_stops_and_lets_go_on(stage: Stage) -> None:
    emil_row, ada_row = people.person("Emil"), people.person("Ada", roles=["admin"], locale="de")
    people.rulebook(emil_row, ada_row)
    people.account(emil_row, stage.running)
    people.post(stage.running, text=TEXT)
    emil, ada = stage.enter(emil_row, phone=True), stage.enter(ada_row)

    # One button, from the admin's pages: everything, and why. Without a reason it asks for one and keeps the choice.
    ada.go("/admin/people")
    pages.admin(ada, "Stop")
    with ada.expecting(422):
        ada.press("Stop now")
        ada.sees("Say in a few words why; those whose shares wait will read it.")
    ada.field("Why").fill(REASON)
    ada.press("Stop now")
    expect(ada.page.locator("article.card")).to_contain_text(REASON)

    # Emil is told before he clicks; his click is kept, and does not leave.
    emil.go("/")
    emil.sees("Sharing takes a break")
    emil.page.locator(".feed-actions .primary").click()
    expect(emil.button("Undo")).to_be_visible()
    expect(emil.page.locator(".delivery")).to_contain_text(REASON)
    assert people.published(stage.running, TEXT) == 0
    emil.go("/shares")
    expect(emil.page.locator(".delivery")).to_contain_text("Ask Ada.")

    # Ada sees that one waits and what her button will do.
    ada.until(ada.page.locator("article.card", has_text=ada.say("When you let it go on:")).locator(".pill", has_text="1"))
    ada.press("Let it go on")
    ada.sees("It goes on. What waited leaves little by little.")

    # It gets its minute by itself; this story does not wait for it.
    with transaction():
        session.execute(update(Delivery).values(due_at=Delivery.created_at))
    emil.until(emil.page.locator(".pill", has_text=emil.say("Published")))
    assert people.published(stage.running, TEXT) == 1
