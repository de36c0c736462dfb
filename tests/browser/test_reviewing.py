"""Ravi, a reviewer, and Edda: a remark that cites a guideline, a suggestion, an answer, and the approval."""

import re

from playwright.sync_api import expect

from tests.browser import pages, people
from tests.browser.conftest import Stage
from tests.editorial.builders import submitted


def test_ravi_and_edda_find_the_words(stage: Stage) -> None:
    ravi_row, edda_row = people.person("Ravi"), people.person("Edda")
    people.rulebook(ravi_row, edda_row)
    proposal = submitted(edda_row, topic_id=str(people.topic("Pumps", "Pumpen").id))
    ravi = stage.window()
    pages.sign_in(ravi, ravi_row.email)

    # The mail and the notice lead to the proposal; from the queue he takes it, and it is his for half an hour.
    assert pages.mail(ravi, "For review: ") == f"/review/{proposal.id}"
    pages.open_notice(ravi, "Edda")
    expect(ravi.page).to_have_url(f"{ravi.url}/review/{proposal.id}")
    ravi.go("/review")
    ravi.press("Start with the most urgent")

    # With the mouse: he marks words, finds the guideline by typing, and suggests another wording.
    ravi.page.locator("[data-passages]").get_by_text("Our new pump").dblclick(position={"x": 12, "y": 12})
    expect(ravi.field("Passage")).to_have_value("Our")
    ravi.field("Guideline").press_sequentially("7")
    expect(ravi.page.locator(".rule-hit").first).to_contain_text("G-07")
    ravi.field("What you mean").fill("Say whose pump it is.")
    ravi.field("Better wording").fill("Nordwerk's")
    ravi.press("Add remark")
    expect(ravi.page.locator("mark")).to_have_text(["Our"])
    expect(ravi.page.locator(".remark .rule-number")).to_have_text("G-07 v1")

    # With the keyboard: two words from the end of the first remark on, and a remark without a rule.
    ravi.page.locator("[data-passages]").focus()
    for key in ("ArrowDown", "ArrowDown"):
        ravi.page.keyboard.press(key)
    expect(ravi.field("Passage")).to_have_value("Here is what we learned about cold seals.")
    ravi.page.locator("#sheet-title").click()
    ravi.page.keyboard.press("r")
    expect(ravi.field("What you mean")).to_be_focused()
    ravi.page.keyboard.type("Which seals?")
    ravi.press("Add remark")
    expect(ravi.page.locator("mark")).to_have_text(["Our", "Here is what we learned about cold seals."])

    # He asks for changes; both remarks leave with it.
    ravi.sees("2 remarks leave with your decision.")
    ravi.press("Ask for changes")
    ravi.sees("Sent. The author has your remarks.")

    # Edda takes the wording with one key, answers the other remark, and sends a new revision.
    edda = stage.window()
    pages.sign_in(edda, edda_row.email)
    pages.open_notice(edda, "Ravi")
    expect(edda.page.locator(".remark")).to_have_count(2)
    edda.page.keyboard.press("y")
    expect(edda.page.locator(".remark").first).to_contain_text(edda.say("Taken over"))
    edda.page.locator(".remark").last.locator("summary").click()
    edda.field("Your answer").fill("Those between motor and housing.")
    edda.press("Send the answer")
    edda.sees("You answered:")
    edda.follow("Go on writing")
    expect(edda.field("Your text in %(language)s", language="English")).to_have_value(re.compile("^Nordwerk's new pump"))
    edda.press("Send to review")
    edda.follow("What changed")
    expect(edda.page.locator(".diff del").first).to_contain_text("Our")
    expect(edda.page.locator(".diff ins").first).to_contain_text("Nordwerk's")

    # Ravi reads what changed and approves with one key.
    ravi.go("/review")
    ravi.page.keyboard.press("r")
    expect(ravi.page).to_have_url(f"{ravi.url}/review/{proposal.id}")
    expect(ravi.page.locator(".sheet-title")).to_contain_text(ravi.say("Revision %(number)s", number=2))
    ravi.page.keyboard.press("a")
    ravi.sees("Approved. It is on the home page of everyone who follows the topic.")

    # It is on Edda's home page too, and the bell tells her.
    edda.go("/")
    expect(pages.card(edda, "Nordwerk's new pump")).to_have_count(1)
    pages.open_notice(edda, "is approved")
    expect(edda.page.locator(".proposal-head")).to_contain_text(edda.say("Approved"))
