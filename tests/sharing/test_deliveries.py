"""What people may do with their own deliveries, and nobody else's."""

import uuid
from collections.abc import Callable

import pytest

from app.clock import now
from app.db import session
from app.errors import Invalid, Missing, Refusal, Stale
from app.notices.models import Mail, Notice
from app.people.models import User
from app.sharing import deliveries, holding, leasing
from app.sharing.account_models import ConnectedAccount
from app.sharing.deliveries import Answer
from app.sharing.models import Delivery, HandShare
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, plain_account, post, share

pytestmark = pytest.mark.usefixtures("db", "app")


def one(state: str = "queued", **facts: object) -> tuple[User, Delivery]:
    """Emil and his delivery in a state."""
    emil = rows.emil()
    found = builders.delivery(share(emil, post(), plain_account(emil)))
    builders.force(found, state, **facts)
    return emil, found


VERBS: list[Callable[[User, uuid.UUID], object]] = [
    deliveries.cancel,
    deliveries.retry,
    deliveries.take_back,
    lambda user, id_: deliveries.answer_unconfirmed(user, id_, Answer.SEND),
]


@pytest.mark.parametrize("verb", VERBS)
def test_somebody_elses(verb: Callable[[User, uuid.UUID], object]) -> None:
    """It does not exist for others, and what does not exist does not exist either."""
    _emil, found = one()
    for id_ in (found.id, uuid.uuid4()):
        with pytest.raises(Missing):
            verb(rows.ada(), id_)
    with pytest.raises(Missing):
        deliveries.cancel_share(rows.ada(), found.share_id)


@pytest.mark.parametrize("state", ["queued", "held"])
def test_cancelling_what_has_not_left(state: str) -> None:
    """Undo; a second time changes nothing."""
    emil, found = one(state)
    assert deliveries.cancel(emil, found.id).state == "cancelled"
    assert deliveries.cancel(emil, found.id).state == "cancelled"


def test_cancelling_what_a_worker_holds() -> None:
    """Leased is not sent: the undo wins, and the worker finds the row not its own any more."""
    emil, found = one()
    found.lease, found.leased_until, found.due_at = uuid.uuid4(), later(seconds=30), now()
    session.flush()
    leased = leasing.Leased(found.id, found.lease, "queued", found.due_at)
    deliveries.cancel(emil, found.id)
    assert leasing.locked(leased) is None


@pytest.mark.parametrize("state", ["sending", "published", "unconfirmed", "failed"])
def test_too_late_to_cancel(state: str) -> None:
    """What has left has left."""
    emil, found = one(state)
    with pytest.raises(Stale):
        deliveries.cancel(emil, found.id)
    with pytest.raises(Stale):
        deliveries.cancel_share(emil, found.share_id)


def test_undoing_a_whole_click() -> None:
    """All that has not left stops; what has left stays."""
    emil = rows.emil()
    made = share(emil, post(), plain_account(emil), plain_account(emil, host="b.example"), plain_account(emil, host="c.example"))
    builders.force(builders.deliveries(made)[0], "published")
    deliveries.cancel_share(emil, made.id)
    assert [each.state for each in builders.deliveries(made)] == ["published", "cancelled", "cancelled"]


def test_retrying() -> None:
    """A failed one leaves again, with all its tries and a new latest time."""
    emil, found = one("failed", tries=5, problem="server_error")
    moment = now()
    deliveries.retry(emil, found.id, now=moment)
    assert (found.state, found.tries, found.problem, found.due_at) == ("queued", 0, None, moment)
    assert found.latest_at == later(hours=2, start=moment)


def test_not_retrying() -> None:
    """Not what did not fail, not without the account, not after the post, not beside another live one."""
    emil, found = one("published")
    with pytest.raises(Stale):
        deliveries.retry(emil, found.id)
    emil, found = one("failed")
    found.account.state = "needs_reconnect"
    session.flush()
    with pytest.raises(Refusal):
        deliveries.retry(emil, found.id)
    emil, found = one("failed")
    found.post.state = "withdrawn"
    session.flush()
    with pytest.raises(Refusal):
        deliveries.retry(emil, found.id)
    emil, found = one("failed")
    share(emil, found.post, found.account)
    with pytest.raises(Refusal) as caught:
        deliveries.retry(emil, found.id)
    assert "meanwhile" in str(caught.value.message) or "meantime" in str(caught.value.message)
    assert found.state == "failed"


def test_it_is_there() -> None:
    """The owner's word, with the address: published, by the id in it."""
    emil, found = one("unconfirmed")
    deliveries.answer_unconfirmed(emil, found.id, Answer.THERE, url=" https://social.example/@emil/1155 ")
    assert (found.state, found.remote_id, found.remote_url) == ("published", "1155", "https://social.example/@emil/1155")
    assert found.reading_due_at is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "yes",
        "https://evil.example/@emil/1155",
        "javascript:alert(1)",
        "https://social.example/",
        "https://[::1",
        "https://social.example/@e/<b>",
    ],
)
def test_an_address_that_cannot_be(url: str) -> None:
    """It must be a page of the account's own server."""
    emil, found = one("unconfirmed")
    with pytest.raises(Invalid):
        deliveries.answer_unconfirmed(emil, found.id, Answer.THERE, url=url)
    assert found.state == "unconfirmed"


def test_the_address_of_another_share() -> None:
    emil, found = one("unconfirmed")
    other = builders.delivery(share(emil, post(), found.account))
    builders.force(other, "published", remote_id="1155")
    with pytest.raises(Invalid) as caught:
        deliveries.answer_unconfirmed(emil, found.id, Answer.THERE, url="https://social.example/@emil/1155")
    assert "another post that you shared" in str(caught.value.message)
    assert found.state == "unconfirmed"


def test_it_is_not_there() -> None:
    """Send it: back into the queue. Leave it: failed, by choice."""
    emil, found = one("unconfirmed", looks=3)
    deliveries.answer_unconfirmed(emil, found.id, Answer.SEND)
    assert (found.state, found.looks) == ("queued", 0)
    emil, found = one("unconfirmed", looks=3)
    deliveries.answer_unconfirmed(emil, found.id, Answer.LEAVE)
    assert (found.state, found.problem) == ("failed", "left_by_owner")


def test_found_out_meanwhile() -> None:
    """An answer that comes after the proof changes nothing."""
    emil, found = one("published")
    with pytest.raises(Stale):
        deliveries.answer_unconfirmed(emil, found.id, Answer.SEND)


def test_the_owner_is_asked_after_the_last_look() -> None:
    """Not before."""
    _emil, found = one("unconfirmed", looks=2)
    assert not deliveries.asks_owner(found)
    found.looks = 3
    assert deliveries.asks_owner(found)


def test_taking_back() -> None:
    """Asked for once; the state changes when it is gone."""
    emil, found = one("published")
    deliveries.take_back(emil, found.id)
    asked = found.removal_asked_at
    assert asked is not None
    assert found.due_at == asked
    deliveries.take_back(emil, found.id)
    assert (found.state, found.removal_asked_at) == ("published", asked)


def test_what_cannot_be_taken_back() -> None:
    """What is not published, and what lies on an account that we cannot reach."""
    emil, found = one("queued")
    with pytest.raises(Stale):
        deliveries.take_back(emil, found.id)
    emil, found = one("published")
    found.account.state, found.account.tokens = "disconnected", None
    session.flush()
    with pytest.raises(Refusal):
        deliveries.take_back(emil, found.id)


def test_when_somebody_leaves() -> None:
    """Nothing that has not left goes out, and the tokens are gone."""
    from app.people import deactivation  # noqa: PLC0415

    emil, found = one()
    admin = rows.ada()
    admin.password_hash = "set"
    rows.ada().password_hash = "set"
    session.flush()
    deactivation.deactivate(emil.id, by=admin)
    assert (found.state, found.problem) == ("cancelled", "person_left")
    [account] = session.query(ConnectedAccount).filter_by(user_id=emil.id)
    assert (account.state, account.tokens) == ("disconnected", None)


def test_when_a_post_is_withdrawn() -> None:
    """What has not left stays; what is published is not touched; all who shared it are told why, once, and nobody else."""
    from app.editorial import posts  # noqa: PLC0415

    emil, found = one()
    edda = rows.edda()
    theirs = builders.delivery(share(edda, found.post, plain_account(edda)))
    builders.force(theirs, "published")
    hand, looked = rows.emil(), rows.emil()
    for who, told in ((hand, now()), (looked, None)):
        row = HandShare(user_id=who.id, post_id=found.post_id, network="x", language="en", text="t", text_hash="0" * 64, confirmed_at=told)
        session.add(row)
    session.flush()
    posts.withdraw(found.post, rows.ravi(), reason="Wrong figure.")
    assert (found.state, found.problem, theirs.state) == ("skipped", "post_withdrawn", "published")
    assert [builders.notices(who.id) for who in (emil, edda, hand, looked)] == [["shared_post_withdrawn"]] * 3 + [[]]


def test_a_post_is_withdrawn_that_many_have_shared() -> None:
    """Whoever withdraws it waits for the same statements, however many shared it, planned it and read mails."""
    from app.editorial import posts  # noqa: PLC0415

    said = []
    for many in (1, 15):
        shared = post()
        for number in range(2 * many):
            emil = rows.emil()
            emil.password_hash = "set"
            builders.force(builders.delivery(share(emil, shared, plain_account(emil))), ("queued", "published")[number % 2])
        session.flush()
        with builders.statements() as asked:
            posts.withdraw(shared, rows.ravi(), reason="Wrong figure.")
            session.flush()
        said.append(len(asked))
    assert said[0] == said[1]
    assert session.query(Notice).filter_by(kind="shared_post_withdrawn").count() == 32
    assert session.query(Mail).count() == 32


def test_a_network_comes_back() -> None:
    """What was held because it was off goes on at once; what is too late by then is left to the worker that tells its owner."""
    _emil, found = one("held", problem="network_off")
    _other, late = one("held", problem="network_off", latest_at=later(minutes=-1))
    _third, account = one("held", problem="token_invalid")
    holding.release_network("mastodon", now=now())
    assert (found.state, found.problem, late.state, account.state) == ("queued", None, "held", "held")


def test_a_network_comes_back_for_many() -> None:
    """Whoever switches it on waits for two statements, with one held share and with a dozen."""
    said = []
    for many in (1, 12):
        for _ in range(many):
            one("held", problem="network_off")
        session.flush()
        with builders.statements() as asked:
            holding.release_network("mastodon", now=now())
        said.append(len(asked))
    assert said == [2, 2]
    assert session.query(Delivery).filter_by(state="queued").count() == 13
