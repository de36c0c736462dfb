"""What my employer sees: the page and the table are one."""

from typing import TYPE_CHECKING

import pytest

from app.insights.visibility import BY_THING, RULES, Seer, Thing, may_see
from tests import rows
from tests.guidelines.browsing import sign_in, words

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_every_thing_has_one_line() -> None:
    assert [rule.thing for rule in RULES] == list(Thing)
    assert set(BY_THING) == set(Thing)


def test_the_page_says_what_the_table_says(client: "FlaskClient", db: "Db") -> None:
    page = sign_in(client, rows.emil()).get("/what-my-employer-sees").text
    for rule in RULES:
        assert str(rule.words) in words(page)
        assert f'id="{rule.thing}"' in page
    assert client.get("/what-my-employer-sees").text.count("Nobody</span>") == len([1 for rule in RULES if not rule.seers])


def test_sam_is_sent_to_the_sign_in(client: "FlaskClient", db: "Db") -> None:
    assert client.get("/what-my-employer-sees").status_code == 302


@pytest.mark.parametrize("thing", [Thing.SHARES, Thing.FIGURES, Thing.ACCOUNTS, Thing.DRAFTS, Thing.SIGN_INS])
def test_what_is_only_mine_no_role_sees(db: "Db", thing: Thing) -> None:
    emil = rows.emil()
    boss = rows.person("Boss", "expert", "reviewer", "admin")
    assert may_see(thing, viewer=emil, owner=emil)
    assert not may_see(thing, viewer=boss, owner=emil, author=boss)


def test_nobody_sees_tokens_and_authors_see_sums(db: "Db") -> None:
    edda, emil, ravi, ada = rows.edda(), rows.emil(), rows.ravi(), rows.ada()
    assert not any(may_see(Thing.TOKENS, viewer=person, owner=person) for person in (edda, emil, ravi, ada))
    seen = [may_see(Thing.POST_COUNTS, viewer=person, author=edda) for person in (edda, emil, ravi, ada)]
    assert seen == [True, False, True, False]
    assert [may_see(Thing.TRAIL, viewer=person, owner=emil) for person in (edda, emil, ravi, ada)] == [False, False, False, True]
    assert Seer.EVERYBODY not in {seer for rule in RULES for seer in rule.seers}
