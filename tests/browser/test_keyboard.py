"""Without a mouse: every way has a key, and the focus is never lost."""

from playwright.sync_api import Locator, expect

from tests.browser import people
from tests.browser.conftest import Stage
from tests.browser.visitors import Visitor
from tests.rows import TEXT

MOST_STEPS = 60


def tab_to(who: Visitor, wanted: Locator) -> None:
    """Press Tab until this has the focus."""
    for _ in range(MOST_STEPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        who.page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab")


def test_signing_in_and_sharing_by_keyboard(stage: Stage) -> None:
    emil_row = people.person("Emil")
    people.rulebook(emil_row)
    people.account(emil_row, stage.running)
    people.post(stage.running)
    emil = stage.window()
    emil.go("/sign-in")
    expect(emil.field("E-mail")).to_be_focused()
    emil.page.keyboard.type(emil_row.email)
    emil.page.keyboard.press("Tab")
    emil.page.keyboard.type(people.PASSWORD)
    emil.page.keyboard.press("Enter")
    emil.reads(TEXT)

    # The first step skips what every page has.
    emil.page.keyboard.press("Tab")
    expect(emil.link("Skip to the content")).to_be_focused()
    emil.page.keyboard.press("Enter")
    expect(emil.page.locator("#main")).to_be_focused()

    # After the click the focus is on the undo; after the undo it is back on the button.
    share = emil.page.locator(".feed-actions .primary")
    tab_to(emil, share)
    emil.page.keyboard.press("Enter")
    expect(emil.button("Undo")).to_be_focused()
    emil.page.keyboard.press("Enter")
    expect(share).to_be_focused()


def test_menus_and_dialogs_give_the_focus_back(stage: Stage) -> None:
    ravi_row = people.person("Ravi")
    people.rulebook(ravi_row)
    people.post(stage.running)
    ravi = stage.enter(ravi_row)
    ravi.go("/review/posts")
    keys = ravi.page.keyboard

    menu = ravi.page.locator(".topbar details.menu summary")
    tab_to(ravi, menu)
    keys.press("Enter")
    keys.press("ArrowDown")
    expect(ravi.link("My settings")).to_be_focused()
    keys.press("Escape")
    expect(menu).to_be_focused()
    expect(ravi.link("My settings")).to_be_hidden()

    opener = ravi.page.locator("main button[commandfor^=withdraw]").first
    tab_to(ravi, opener)
    keys.press("Enter")
    inside = ravi.page.locator("dialog[open]")
    expect(inside).to_be_visible()
    assert inside.evaluate("dialog => dialog.contains(document.activeElement)")
    keys.press("Escape")
    expect(inside).to_have_count(0)
    expect(opener).to_be_focused()

    # "?" shows the keys of the page; they can be switched off on this device.
    keys.press("?")
    expect(ravi.page.get_by_role("dialog", name="Keys on this page")).to_be_visible()
    keys.press("Escape")
    expect(opener).to_be_focused()
