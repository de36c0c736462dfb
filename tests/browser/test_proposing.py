"""Edda, an expert: from her first visit to a proposal that waits for review."""

import re

from playwright.sync_api import expect

from tests.browser import pages, people
from tests.browser.conftest import Stage
from tests.editorial.builders import picture

TEXT = "Our new pump ran through 42 winter tests. Here is what we learned about cold seals."
WHY = "Winter is coming to every plant."


def test_edda_writes_her_first_proposal(stage: Stage) -> None:
    people.rulebook()
    people.topic("Pumps", "Pumpen")
    people.person("Ravi")
    people.person("Edda", welcomed_at=None)
    edda = stage.window()

    # Her first visit: five rules, her topics, and she looks around.
    pages.sign_in(edda, "edda@outspoken.example")
    pages.first_visit(edda, "Pumps")
    edda.sees("Nothing new for you today")

    # She writes; what she types is kept by itself, and the sheet gets an address of its own.
    edda.follow("Write one yourself")
    edda.field("What is it about?").select_option("Pumps")
    edda.field("Your text in %(language)s", language="English").fill(TEXT)
    edda.field("Why it matters").first.fill(WHY)
    pages.saved(edda)
    expect(edda.page).to_have_url(re.compile(r"/proposals/[0-9a-f-]{36}/edit$"))

    # The link's page is looked at by a worker: the card gets its title.
    edda.field("Address of a page").fill(f"{stage.running.practice_url}/")
    edda.page.keyboard.press("Tab")
    expect(edda.field("Title of the card")).to_have_value(re.compile("Practice"))

    # A picture, with words for those who cannot see it.
    edda.page.locator("#picture").set_input_files({"name": "pump.jpg", "mimeType": "image/jpeg", "buffer": picture(400, 300)})
    alt = edda.field("What can be seen? (%(language)s)", language="English")
    alt.fill("A pump in the snow")
    pages.saved(edda)

    # Each network counts in its own way, and shows what a colleague will share, disclosure first.
    counts = edda.page.locator("#counts-en")
    expect(counts).to_contain_text(re.compile(r"Mastodon\s+\d+ / \d+"))
    edda.page.get_by_role("tab", name="Mastodon").click()
    shown = edda.page.locator("#shown-mastodon .post-text").first
    expect(shown).to_have_text(re.compile(rf"^.*Nordwerk.*{re.escape(TEXT)}", re.DOTALL))
    expect(edda.page.locator("#shown-mastodon img")).to_have_attribute("alt", "A pump in the snow")

    # In a second window she changes a word. The first one does not write over it; she chooses, and nothing is lost.
    pages.saved(edda)
    here = edda.path()
    with edda.other_tab():
        edda.go(here)
        edda.field("Your text in %(language)s", language="English").fill(TEXT + " In the other window.")
        pages.saved(edda)
    with edda.expecting(409):
        edda.field("Your text in %(language)s", language="English").fill(TEXT + " And here.")
        edda.sees("This proposal was changed in another window.")
    edda.reads("In the other window.")
    edda.press("Keep what is here")
    expect(edda.field("Your text in %(language)s", language="English")).to_have_value(TEXT + " And here.")
    expect(edda.field("What can be seen? (%(language)s)", language="English")).to_have_value("A pump in the snow")

    # She sends it, and sees where it stands.
    edda.reads("Ravi will look at it by")
    edda.press("Send to review")
    edda.reads("Next in line, answer expected by")
    edda.follow("My proposals")
    expect(edda.page.locator(".proposal-line")).to_contain_text(edda.say("Waiting for review"))
