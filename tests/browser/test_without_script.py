"""The whole way without JavaScript: write, submit, review, share, sign out."""

from playwright.sync_api import expect

from tests.browser import pages, people
from tests.browser.conftest import Stage

TEXT = "A page without script: our pump ran through 42 winter tests."


def test_from_the_first_word_to_the_network_without_script(stage: Stage) -> None:
    edda_row, ravi_row, emil_row = people.person("Edda"), people.person("Ravi"), people.person("Emil")
    people.rulebook(edda_row, ravi_row, emil_row)
    people.topic("Pumps", "Pumpen")
    people.account(emil_row, stage.running)

    edda = stage.window(script=False)
    pages.sign_in(edda, edda_row.email)
    edda.go("/write")
    edda.field("What is it about?").select_option("Pumps")
    edda.field("Your text in %(language)s", language="English").fill(TEXT)
    edda.press("Save")

    # What is missing is said beside the field, and everything typed is still there.
    edda.press("Send to review")
    edda.sees("Almost there. These things are still missing:")
    expect(edda.field("Your text in %(language)s", language="English")).to_have_value(TEXT)
    edda.field("Why it matters").first.fill("Winter is coming to every plant.")
    edda.press("Send to review")
    edda.reads("Next in line")

    # A passage is typed instead of marked.
    ravi = stage.window(script=False)
    pages.sign_in(ravi, ravi_row.email)
    ravi.go("/review")
    ravi.press("Start with the most urgent")
    ravi.field("Passage").fill("42 winter tests")
    ravi.field("What you mean").fill("A fine number.")
    ravi.press("Add remark")
    expect(ravi.page.locator("mark")).to_have_text(["42 winter tests"])
    ravi.press("Approve")
    ravi.sees("Approved. It is on the home page of everyone who follows the topic.")

    emil = stage.window(script=False)
    pages.sign_in(emil, emil_row.email)
    pages.card(emil, TEXT).locator(".feed-actions .primary").click()
    line = pages.shared_line(emil, TEXT)
    emil.press("Undo")
    expect(line.locator(".pill")).to_have_text("Cancelled")
    emil.go("/")
    pages.card(emil, TEXT).locator(".feed-actions .primary").click()
    emil.until(line.locator(".pill", has_text="Published"))
    assert people.published(stage.running, TEXT) == 1
    ravi.go("/review/posts")
    line = ravi.page.locator("tr", has_text=TEXT[:40])
    line.locator("summary").click()
    line.locator("[id^=plain-reason]").fill("The figure was wrong.")
    line.locator("details button").click()
    ravi.sees("Withdrawn. Nobody can share it any more")
    pages.sign_out(emil)
    emil.go("/shares")
    expect(emil.page.locator("h1")).to_have_text("Sign in")
