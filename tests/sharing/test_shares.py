"""One click on one post: what is written down, what is refused, and that the preview is what is sent."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

import config
from app.clock import now
from app.db import session
from app.editorial.models import Variant
from app.errors import Forbidden, Invalid, Missing, Refusal
from app.sharing import networks, shares, switches
from app.sharing.models import Delivery, Share
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import deliveries, delivery, later, plain_account, post, share

pytestmark = pytest.mark.usefixtures("db")


def test_what_a_click_writes() -> None:
    """The consent record, and one delivery with its final text and a link of its own, due after the undo time."""
    emil = rows.emil()
    account, on = plain_account(emil), post()
    before = now()
    made = share(emil, on, account)
    one = delivery(made)
    assert one.link is not None
    assert one.text == f"I work at Our company.\n\n{rows.TEXT}\n\nhttp://localhost/s/{one.link.code}"
    assert (one.state, one.text_hash, one.link.target) == ("queued", builders.sha256(one.text), builders.TARGET)
    assert timedelta(seconds=9) < one.due_at - before < timedelta(seconds=12)
    assert one.latest_at == one.due_at + timedelta(hours=2)
    assert len(one.link.code) >= 8


def test_the_preview_is_what_is_sent() -> None:
    """The same click gives the same text, to the character, own words and link included; nothing is written by looking."""
    emil = rows.emil()
    account, on = plain_account(emil), post("Another wording.", "A third.")
    seen = shares.preview(emil, on, account, click="c1", language="en", words="I was there.")
    assert session.query(Share).count() == 0
    made = share(emil, on, account, click="c1", words="I was there.", seen={account.id: seen.variant.id})
    assert (delivery(made).text, delivery(made).text_hash) == (seen.text, seen.text_hash)


def test_a_colleague_came_between() -> None:
    """What the person saw is sent, even when its turn would be another's meanwhile."""
    emil, edda = rows.emil(), rows.edda()
    on = post("Another wording.")
    account = plain_account(emil)
    seen = shares.preview(emil, on, account, click="c1", language="en")
    theirs = plain_account(edda)
    share(edda, on, theirs, seen={theirs.id: seen.variant.id})
    made = share(emil, on, account, click="c1", seen={account.id: seen.variant.id})
    assert delivery(made).text == seen.text


def test_a_foreign_wording_is_not_taken() -> None:
    """A variant of another post, smuggled in, changes nothing."""
    emil = rows.emil()
    account, on = plain_account(emil), post()
    made = share(emil, on, account, seen={account.id: post("Not this one.").variants[1].id})
    assert rows.TEXT in delivery(made).text


def test_a_click_counts_once() -> None:
    """The second returns the first."""
    emil = rows.emil()
    account, on = plain_account(emil), post()
    assert share(emil, on, account, click="c").id == share(emil, on, account, click="c").id
    assert session.query(Delivery).count() == 1


def test_several_accounts() -> None:
    """One delivery each, with links of their own."""
    emil = rows.emil()
    accounts = [plain_account(emil), plain_account(emil, host="other.example")]
    made = share(emil, post(), *accounts, accounts[0])
    found = deliveries(made)
    assert [one.account_id for one in found] == [one.id for one in accounts]
    assert len({one.link.code for one in found if one.link}) == 2


def test_without_a_link() -> None:
    """A post that points nowhere has no tracked link."""
    emil = rows.emil()
    one = delivery(share(emil, post(link=False), plain_account(emil)))
    assert (one.link, one.text) == (None, f"I work at Our company.\n\n{rows.TEXT}")


def test_the_link_stands_where_the_expert_put_it() -> None:
    """The tracked link takes the place of the original one."""
    emil = rows.emil()
    on = post()
    on.variants[0].text = f"Read {builders.TARGET} first."
    one = delivery(share(emil, on, plain_account(emil)))
    assert one.link is not None
    assert one.text == f"I work at Our company.\n\nRead http://localhost/s/{one.link.code} first."


def test_at_a_chosen_time() -> None:
    """Planned, with two hours to be late at most, and never past the post's window."""
    emil = rows.emil()
    on = post()
    at = later(days=2)
    one = delivery(share(emil, on, plain_account(emil), at=at))
    assert (one.due_at, one.latest_at) == (at, at + timedelta(hours=2))
    near_the_end = on.share_until - timedelta(minutes=5)
    other = delivery(share(emil, on, plain_account(emil), at=near_the_end))
    assert other.latest_at == on.share_until


def test_in_german() -> None:
    """The disclosure speaks the language of the text."""
    emil = rows.emil()
    on = post()
    session.add(Variant(post_id=on.id, language="de", text="Unsere neue Pumpe."))
    session.flush()
    session.refresh(on, ["variants"])
    made = shares.share(emil, on, accounts=[plain_account(emil)], click="c", language="de")
    assert delivery(made).text.startswith("Ich arbeite bei Our company.\n\nUnsere neue Pumpe.")


def refuse(kind: type[Refusal], part: str, *args: object, **more: object) -> None:
    """The share is refused with this sentence, and nothing is queued."""
    with pytest.raises(kind) as caught:
        share(*args, **more)  # type: ignore[arg-type]
    assert part in str(caught.value.message)
    assert session.query(Delivery).count() == 0


def test_not_one_s_own_account(app: object) -> None:
    """A colleague's account does not exist, with which one of two it may stand."""
    emil = rows.emil()
    refuse(Missing, "not yours", emil, post(), plain_account(emil), plain_account(rows.edda()))


@pytest.mark.parametrize(("state", "kind"), [("needs_reconnect", Invalid), ("disconnected", Missing)])
def test_not_connected(app: object, state: str, kind: type[Refusal]) -> None:
    """An account that cannot be used."""
    emil = rows.emil()
    account = plain_account(emil)
    if state == "disconnected":
        account.tokens = None
    account.state = state
    session.flush()
    refuse(kind, "", emil, post(), account)


def test_no_account(app: object) -> None:
    """At least one."""
    refuse(Invalid, "at least one account", rows.emil(), post())


def test_network_off(app: object) -> None:
    """What an admin has switched off."""
    emil = rows.emil()
    switches.turn("mastodon", on=False, by=rows.ada().id)
    assert not networks.is_on("mastodon")
    refuse(Invalid, "switched off", emil, post(), plain_account(emil))


def test_withdrawn(app: object) -> None:
    """A post that was taken back."""
    emil = rows.emil()
    on = post()
    on.state = "withdrawn"
    refuse(Refusal, "taken back", emil, on, plain_account(emil))


def test_somebody_who_has_left(app: object) -> None:
    """Whose access has ended."""
    emil = rows.emil()
    emil.deactivated_at = now()
    refuse(Forbidden, "access has ended", emil, post(), plain_account(emil))


def test_outside_of_the_window(app: object) -> None:
    """Before, after, in the past."""
    emil = rows.emil()
    account, on = plain_account(emil), post()
    refuse(Invalid, "time is over", emil, on, account, at=on.share_until)
    refuse(Invalid, "has passed", emil, on, account, at=later(hours=-1))
    on.share_from, on.share_until = later(days=1), later(days=2)
    refuse(Invalid, "later time", emil, on, account)
    on.share_from, on.share_until = later(days=-2), later(days=-1)
    refuse(Invalid, "time is over", emil, on, account)


def test_too_long(app: object) -> None:
    """How much has to go; nothing is cut."""
    emil = rows.emil()
    refuse(Invalid, "characters too long for Mastodon, which takes 500", emil, post(), plain_account(emil), words="x" * 400)


def test_a_language_that_is_not_there(app: object) -> None:
    """No text, no share."""
    emil = rows.emil()
    with pytest.raises(Invalid):
        shares.share(emil, post(), accounts=[plain_account(emil)], click="c", language="fr")


def test_the_same_post_there_twice(app: object) -> None:
    """One live delivery per post and account; after an undo it may be shared again."""
    emil = rows.emil()
    account, on = plain_account(emil), post()
    first = share(emil, on, account)
    with pytest.raises(Refusal) as caught:
        share(emil, on, account)
    assert "already" in str(caught.value.message)
    delivery(first).state = "cancelled"
    session.flush()
    assert delivery(share(emil, on, account)).state == "queued"


def test_a_page_without_a_click(app: object) -> None:
    """An empty or endless click is a broken page."""
    emil = rows.emil()
    for click in ("x" * 101,):
        refuse(Invalid, "out of date", emil, post(), plain_account(emil), click=click)


def test_no_undo_time() -> None:
    """With the undo set to zero it is due at once."""
    before = config.settings()
    config.use(replace(before, undo_seconds=0))
    try:
        emil = rows.emil()
        moment = now()
        assert delivery(share(emil, post(), plain_account(emil), now=moment)).due_at == moment
    finally:
        config.use(before)


def test_codes_cannot_be_guessed() -> None:
    """They depend on the click, the person, the post and our secret."""
    emil = rows.emil()
    on = post()
    codes = {delivery(share(emil, on, plain_account(emil), click=uuid.uuid4().hex)).text.rsplit("/", 1)[1] for _ in range(20)}
    assert len(codes) == 20
