"""Colleagues differ: the wording used longest ago comes next, in an order that can be repeated."""

import pytest

from app.db import session
from app.editorial.models import Post, Variant
from app.errors import Invalid
from app.sharing import variants
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import delivery, plain_account, post, share

pytestmark = pytest.mark.usefixtures("db", "app")


def add(on: Post, language: str, text: str, network: str | None = None, position: int = 0) -> Variant:
    made = Variant(post_id=on.id, language=language, network=network, position=position, text=text)
    session.add(made)
    session.flush()
    session.refresh(on, ["variants"])
    return made


def test_every_wording_has_its_turn() -> None:
    """Six colleagues, three wordings: each comes twice, never the same one after itself."""
    on = post("Two.", "Three.")
    said = []
    for number in range(6):
        emil = rows.person(f"Emil{number}")
        said.append(delivery(share(emil, on, plain_account(emil))).variant_id)
    assert len(set(said[:3])) == 3
    assert said[3:] == said[:3]


def test_the_same_person_sees_the_same() -> None:
    """Looking again before sharing shows the same wording."""
    on, emil = post("Two.", "Three.", "Four."), rows.emil()
    seen = {variants.choose(on, language="en", network="mastodon", user_id=emil.id).id for _ in range(5)}
    assert len(seen) == 1


def test_people_who_look_at_the_same_time_differ() -> None:
    """Among wordings that nobody has used, people start at different ones."""
    on = post("Two.", "Three.", "Four.")
    people = [rows.person(f"Emil{number}") for number in range(20)]
    assert len({variants.choose(on, language="en", network="mastodon", user_id=one.id).id for one in people}) > 1


def test_each_network_counts_for_itself() -> None:
    """What was used on one network is fresh on another."""
    on, emil = post("Two."), rows.emil()
    first = delivery(share(emil, on, plain_account(emil))).variant_id
    assert variants.choose(on, language="en", network="mastodon", user_id=emil.id).id != first
    here = variants.choose(on, language="en", network="practice", user_id=emil.id)
    assert here.id == first


def test_an_undone_share_used_nothing() -> None:
    """A cancelled one gives its wording back."""
    on, emil = post("Two."), rows.emil()
    made = delivery(share(emil, on, plain_account(emil)))
    builders.force(made, "cancelled")
    assert variants.choose(on, language="en", network="mastodon", user_id=emil.id).id == made.variant_id


def test_a_network_s_own_wordings_win() -> None:
    """What was written for it is used there, and only there."""
    on, emil = post(), rows.emil()
    own = add(on, "en", "For Mastodon.", network="mastodon")
    assert variants.choose(on, language="en", network="mastodon", user_id=emil.id).id == own.id
    assert variants.choose(on, language="en", network="linkedin", user_id=emil.id).id != own.id


def test_languages() -> None:
    """Only wordings of the language; the post's own language comes first."""
    on, emil = post(), rows.emil()
    german = add(on, "de", "Unsere Pumpe.")
    assert variants.choose(on, language="de", network="mastodon", user_id=emil.id).id == german.id
    assert variants.languages(on) == ["en", "de"]
    with pytest.raises(Invalid):
        variants.choose(on, language="fr", network="mastodon", user_id=emil.id)
