"""Ada, an admin: people, teams and topics, the networks, what runs, and who did what."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.browser import pages, people
from tests.browser.audits import WIDER
from tests.browser.conftest import Stage
from tests.browser.visitors import NARROW
from tests.people.builders import age

INVITATION = "Your invitation to share the voice of %(company)s"


def test_an_endless_name_stays_on_the_page(stage: Stage) -> None:
    ada_row = people.person("Ada")
    people.rulebook(ada_row)
    ada = stage.enter(ada_row, phone=True)
    ada.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    ada.go("/admin/topics")
    ada.field("Name in English").fill("Pneumonoultramicroscopicsilicovolcanoconiosis")
    ada.field("Name in German").fill("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz")
    ada.press("Add the topic")
    ada.sees("Topic added: %(name)s.", name="Pneumonoultramicroscopicsilicovolcanoconiosis")
    assert ada.page.evaluate(WIDER) == []
    for path in ("/me", "/first-visit?step=2"):
        ada.go(path)
        ada.reads("Pneumonoultramicroscopicsilicovolcanoconiosis")
        assert ada.page.evaluate(WIDER) == []


def test_what_was_done_is_in_view_where_the_page_opens_further_down(stage: Stage) -> None:
    ada_row = people.person("Ada")
    people.rulebook(ada_row)
    ada = stage.enter(ada_row, phone=True)
    ada.go("/admin/pace")
    ada.press("Save for %(network)s", network=ada.say("Practice network"))
    ada.sees("Saved. It holds for what is planned on %(network)s, too.", network=ada.say("Practice network"))
    expect(ada.page.locator(".flashes")).to_be_in_viewport()
    ada.page.mouse.wheel(0, 10)
    expect(ada.page.locator(".flashes")).not_to_be_in_viewport()


def test_ada_invites_nora(stage: Stage) -> None:
    ada_row = people.person("Ada")
    people.rulebook(ada_row)
    ada = stage.window()
    pages.sign_in(ada, ada_row.email)

    # A team, a topic, and an invitation.
    pages.admin(ada, "Teams")
    ada.field("New team").fill("Grid research")
    ada.press("Add the team")
    pages.admin(ada, "Topics")
    ada.field("Name in English").fill("Pumps")
    ada.field("Name in German").fill("Pumpen")
    ada.press("Add the topic")
    pages.admin(ada, "People")
    ada.follow("Invite people")
    ada.field("E-mail addresses").fill("Nora Lind <nora@nordwerk.example>, Otto Ek <otto@nordwerk.example>")
    ada.field("Team").select_option("Grid research")
    ada.page.get_by_role("radio", name="Deutsch").check()
    ada.press("Send the invitations")
    ada.sees("2 people are invited.")

    # Nora's mail is in her language. The link lets her choose a password, and leads to her first visit.
    nora = stage.window("de")
    invitation = pages.mail(nora, nora.say(INVITATION, company="Nordwerk"), to="nora@nordwerk.example")
    nora.go(invitation)
    with nora.expecting(422):
        nora.field("Choose a password").fill("short")
        nora.press("Come in")
        expect(nora.field("Choose a password")).to_be_focused()
    nora.field("Choose a password").fill(people.PASSWORD)
    nora.press("Come in")
    pages.first_visit(nora, "Pumpen")

    # The link works once; a link that is too old does not work either. Both say what to do.
    sam = stage.window()
    late = pages.mail(sam, nora.say(INVITATION, company="Nordwerk"), to="otto@nordwerk.example")
    age(late, timedelta(days=8))
    with sam.expecting(409, 410):
        sam.go(invitation)
        sam.sees("This link has been used already, or a newer one has taken its place.")
        sam.go(late)
        sam.sees("This link is too old. For your safety it works only for a while.")
        expect(sam.link("Get a new link")).to_be_visible()

    # Ada finds her while typing and makes her a reviewer; Nora sees the queue with her next click.
    expect(nora.page.locator(".topbar").get_by_role("link", name=nora.say("Review"), exact=True)).to_have_count(0)
    pages.admin(ada, "People")
    ada.page.get_by_role("searchbox").first.press_sequentially("nor")
    expect(ada.page.locator("#people tbody tr")).to_have_count(1)
    ada.page.get_by_role("link", name="Nora Lind").click()
    ada.page.get_by_role("checkbox", name="Reviewer").check()
    ada.press("Save")
    nora.go("/")
    nora.page.locator(".topbar").get_by_role("link", name=nora.say("Review"), exact=True).click()
    nora.sees("Nothing waits for you")

    # The trail says who did what.
    pages.admin(ada, "Audit trail")
    expect(ada.page.locator("main tbody tr").first).to_contain_text("Ada changed the roles of Nora Lind.")
    ada.page.wait_for_load_state()
    happened = ada.page.locator("main tbody").inner_text()
    for sentence in ("Ada invited Nora Lind.", "Nora Lind accepted the invitation.", "Ada made a team.", "Ada made a topic."):
        assert sentence in happened


def test_ada_watches_over_the_installation(stage: Stage) -> None:
    ada_row, emil_row = people.person("Ada"), people.person("Emil")
    people.rulebook(ada_row, emil_row)
    ada, emil = stage.enter(ada_row), stage.enter(emil_row)

    # A network that is switched off is not offered; nothing is lost, and it comes back.
    emil.go("/accounts")
    expect(emil.button("Connect %(network)s", network="Practice network")).to_be_visible()
    ada.go("/admin/networks")
    ada.press("Switch off %(name)s", name="Practice network")
    expect(ada.button("Switch on %(name)s", name="Practice network")).to_be_visible()
    emil.page.reload()
    expect(emil.button("Connect %(network)s", network="Mastodon")).to_be_visible()
    expect(emil.button("Connect %(network)s", network="Practice network")).to_have_count(0)
    ada.press("Switch on %(name)s", name="Practice network")
    expect(ada.button("Switch off %(name)s", name="Practice network")).to_be_visible()
    emil.page.reload()
    expect(emil.button("Connect %(network)s", network="Practice network")).to_be_visible()

    # Worker and beat give signs of life, and the doctor finds nothing broken.
    ada.go("/admin/health")
    for name in ("Worker", "Schedule (beat)", "Broker", "Web"):
        ada.until(ada.page.locator(".gauge:not(:has(.pill))", has=ada.page.locator("dt", has_text=name)).first)
    ada.follow("Ask the doctor")
    ada.sees("Nothing is broken")
    for part in ("Database", "Migrations", "Worker", "Schedule (beat)", "Broker", "Clock", "Mail"):
        expect(ada.page.locator("main .items li", has=ada.page.get_by_text(part, exact=True))).to_have_count(1)

    ada.go("/admin/audit")
    ada.reads("Ada switched off")
    ada.reads("Ada switched on")


def test_ada_lets_emil_go(stage: Stage) -> None:
    ada_row, emil_row = people.person("Ada"), people.person("Emil")
    people.rulebook(ada_row, emil_row)
    ada, emil = stage.enter(ada_row), stage.enter(emil_row)
    emil.go("/shares")
    ada.go(f"/admin/people/{emil_row.id}")
    ada.follow("Switch off …")
    ada.press("Switch off")
    expect(ada.page.locator(".page-header .pill")).to_have_text("Switched off")
    emil.page.locator(".topbar").get_by_role("link", name="Home").click()
    expect(emil.page.locator("h1")).to_have_text("Sign in")
