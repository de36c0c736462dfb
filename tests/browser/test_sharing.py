"""Emil, an employee with a phone: one click, the undo, the network, the clicks, and taking it back."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from app.clock import now
from tests.browser import pages, people
from tests.browser.conftest import Stage

TEXT = "Our pumps start at thirty degrees below zero. Three things that surprised us."
DISCLOSURE = "I work at Nordwerk."


def test_a_long_menu_opens_in_view(stage: Stage) -> None:
    emil_row = people.person("Emil")
    people.rulebook(emil_row)
    people.post(stage.running, text=TEXT + " It was a long winter." * 40)
    emil = stage.enter(emil_row, phone=True)
    emil.go("/")
    card = pages.card(emil, TEXT)
    opens = card.locator("summary", has_text=emil.say("Share it yourself on …"))
    opens.evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 300)")
    opens.click()
    entries = card.locator(".menu[open] .menu-list :is(a, button)")
    expect(entries.first).to_be_in_viewport(ratio=1)
    expect(entries.last).to_be_in_viewport(ratio=1)


def test_emil_connects_shares_undoes_and_takes_back(stage: Stage) -> None:
    emil_row = people.person("Emil", locale="de")
    people.rulebook(emil_row)
    people.post(stage.running, text=TEXT)
    emil = stage.window("de", phone=True)
    pages.sign_in(emil, emil_row.email)

    # Without an account the card offers to share by hand; he connects one, by the network's own page.
    card = pages.card(emil, TEXT)
    expect(card.locator("summary", has_text=emil.say("Share it yourself on …"))).to_be_visible()
    pages.open_more(emil)
    emil.page.locator(".tabbar").get_by_role("link", name=emil.say("Accounts")).click()
    pages.connect_practice(emil, "Emil Okafor")
    emil.reads("@emil")

    # One click: the big button names the account, and what stands above it is what will be sent.
    emil.go("/")
    expect(card).to_contain_text(DISCLOSURE)
    share = card.locator(".feed-actions .primary")
    expect(share).to_contain_text("emil")
    share.click()

    # The button has become the undo. He takes it; the card is as it was.
    emil.press("Undo")
    expect(share).to_be_focused()
    assert people.published(stage.running, TEXT) == 0

    # Once more, and this time he lets it go: on its way, published, with a link. Nobody reloads.
    share.click()
    expect(emil.button("Undo")).to_be_visible()
    emil.sees("Published.")
    emil.follow_there("See it on %(network)s", network=emil.say("Practice network"))
    expect(emil.page.locator("article.post")).to_contain_text(DISCLOSURE)

    # The practice network's timeline shows it under his name, with disclosure and his short link.
    emil.go(f"{stage.running.practice_url}/")
    shown = emil.page.locator("article.post", has_text=TEXT)
    expect(shown).to_contain_text("Emil Okafor")
    expect(shown.locator(".text")).to_have_text(re.compile(rf"^\s*{re.escape(DISCLOSURE)}"))
    emil.go(shown.locator(".text a").get_attribute("href") or "")
    expect(emil.page).to_have_url(f"{stage.running.practice_url}/?from=post")

    # Under My shares: the click is counted, and nobody else sees it.
    emil.go("/shares")
    line = pages.shared_line(emil, TEXT)
    expect(line.locator(".figure").first).to_have_text(re.compile(r"1\s*$"))

    # He takes it back: gone at the network, and his time line says so.
    emil.press("Take back")
    emil.until(emil.page.locator(".pill", has_text=emil.say("Taken back")))
    emil.go(f"{stage.running.practice_url}/")
    expect(shown).to_have_count(0)


def test_emil_shares_in_his_own_words_at_his_own_time(stage: Stage) -> None:
    emil_row = people.person("Emil", locale="de")
    people.rulebook(emil_row)
    people.account(emil_row, stage.running)
    people.post(stage.running, text=TEXT)
    emil = stage.enter(emil_row, phone=True)

    emil.go("/")
    emil.follow("In my words")
    preview = emil.page.locator("#previews")
    expect(preview).to_contain_text(TEXT)
    emil.field("Your sentence above the post").fill("Ich war bei Test 17 dabei.")
    expect(preview.locator(".post-text")).to_have_text(re.compile(rf"Ich war bei Test 17 dabei\.\s+{re.escape(TEXT)}"))
    expect(preview.locator(".post-text")).to_contain_text(DISCLOSURE)

    # A time that has passed is refused in a sentence, and what he wrote is still there.
    emil.page.get_by_text(emil.say("At a time of my own")).click()
    emil.field("Day and time").fill(f"{now() - timedelta(days=2):%Y-%m-%dT09:30}")
    with emil.expecting(422):
        emil.press("Share")
        emil.sees("That time has passed. Choose one that lies ahead.")
    expect(emil.field("Your sentence above the post")).to_have_value("Ich war bei Test 17 dabei.")

    wanted = f"{now() + timedelta(days=3):%Y-%m-%d}T09:30"
    emil.field("Day and time").fill(wanted)
    emil.press("Share")
    line = pages.shared_line(emil, "Ich war bei Test 17 dabei.")
    expect(line.locator(".pill")).to_have_text(emil.say("Planned"))
    planned = datetime.fromisoformat(line.locator("time").first.get_attribute("datetime") or "")
    assert planned == datetime.fromisoformat(wanted).replace(tzinfo=ZoneInfo("Europe/Berlin"))

    # It has not left, so he can still change his mind.
    emil.press("Cancel")
    expect(pages.shared_line(emil, "Test 17").locator(".pill")).to_have_text(emil.say("Cancelled"))
    assert people.published(stage.running, "Test 17") == 0


def test_emil_shares_by_hand(stage: Stage) -> None:
    emil_row = people.person("Emil", locale="de")
    people.rulebook(emil_row)
    people.post(stage.running, text=TEXT)
    emil = stage.enter(emil_row, phone=True)

    emil.go("/")
    emil.page.locator("summary", has_text=emil.say("Share it yourself on …")).click()
    emil.press("LinkedIn")

    # Three small steps: copy, open, say so.
    emil.press("Copy text")
    emil.sees("Copied.")
    copied = emil.page.evaluate("navigator.clipboard.readText()")
    assert DISCLOSURE in copied
    assert TEXT in copied
    link = re.search(rf"{re.escape(stage.running.url)}/s/\w+", copied)
    assert link
    opens = emil.link("Open %(network)s", network="LinkedIn").get_attribute("href") or ""
    assert opens.startswith("https://www.linkedin.com/")
    emil.press("I shared it")
    emil.go("/shares")
    line = pages.shared_line(emil, TEXT)
    expect(line.locator(".pill")).to_have_text(emil.say("You said that you shared it"))
    expect(line).not_to_contain_text(emil.say("Published"))

    # Whoever follows the link lands on the page, and Emil sees the click.
    sam = stage.window()
    sam.go(link[0])
    expect(sam.page).to_have_url(f"{stage.running.practice_url}/?from=post")
    emil.page.reload()
    expect(line.locator(".figure").first).to_have_text(re.compile(r"1\s*$"))
    emil.go("/")
    expect(pages.card(emil, TEXT)).to_have_count(0)
