"""What became of a delivery, in plain words, for its owner alone."""

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from app.clock import now
from app.sharing import attempts, deliveries, dispatching
from app.sharing.deliveries import Answer
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until
from tests.signed_in import browser

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

pytestmark = pytest.mark.usefixtures("app")


def told(delivery_id: uuid.UUID) -> list[str]:
    """The words of all steps."""
    return [str(step.words) for step in attempts.story(look(delivery_id))]


def test_straight(committed: "Db", control: Control) -> None:
    [delivery_id] = builders.shared(control)
    dispatching.run()
    assert told(delivery_id) == [
        "You shared it.",
        "Sent to Practice network.",
        "Practice network has confirmed it: it is published.",
    ]


def test_no_answer_and_found(committed: "Db", control: Control) -> None:
    """The reason is said, and that we look before anything is sent again."""
    [delivery_id] = builders.shared(control)
    control.fault("drop_after")
    dispatching.run()
    assert told(delivery_id)[2:] == [
        "No clear answer: the connection to Practice network broke off. We look whether it is there before anything is sent again.",
        "We look again.",
    ]
    run_until(later(hours=1))
    assert told(delivery_id)[-1] == "We found it there: it is published."


def test_refused_and_tried_again(committed: "Db", control: Control) -> None:
    [delivery_id] = builders.shared(control)
    control.fault("status", status=429)
    dispatching.run()
    assert told(delivery_id)[2] == "Not taken: Practice network asked for a pause. It is tried again."


@pytest.mark.parametrize(("answer", "words"), [(Answer.SEND, "You asked us to send it again."), (Answer.LEAVE, "You left it as it is.")])
def test_what_the_owner_decided(db: "Db", answer: Answer, words: str) -> None:
    emil = rows.emil()
    delivery = builders.delivery(builders.share(emil, builders.post(), builders.plain_account(emil)))
    builders.force(delivery, "unconfirmed", looks=99)
    deliveries.answer_unconfirmed(emil, delivery.id, answer)
    db.flush()
    assert words in [str(step.words) for step in attempts.story(delivery)]


def test_every_reason_is_a_sentence(db: "Db") -> None:
    """A code that nobody knows is said, too."""
    emil = rows.emil()
    delivery = builders.delivery(builders.share(emil, builders.post(), builders.plain_account(emil)))
    for reason in (*attempts.REASONS.values(),):
        assert "%(" not in str(reason("Mastodon"))
    from app.audit.events import record  # noqa: PLC0415

    record("failed", "deliveries", delivery.id, by=None, was="sending", problem="never_heard_of")
    db.flush()
    assert str(attempts.story(delivery)[1].words) == "Given up: Mastodon said no (never_heard_of)."


def test_the_newest_hundred(db: "Db") -> None:
    """However long its life was."""
    from app.audit.events import record  # noqa: PLC0415

    emil = rows.emil()
    delivery = builders.delivery(builders.share(emil, builders.post(), builders.plain_account(emil)))
    for _number in range(120):
        record("sending", "deliveries", delivery.id, by=None)
        db.flush()
    assert len(attempts.story(delivery)) == 102


def test_for_its_owner_alone(db: "Db", app: Flask) -> None:
    """As a page without JavaScript, as a piece with it; for everybody else there is no such thing."""
    emil = rows.emil()
    delivery = builders.delivery(builders.share(emil, builders.post(), builders.plain_account(emil)))
    builders.force(delivery, "published", published_at=now())
    db.commit()
    address = f"/deliveries/{delivery.id}/steps"
    mine: Any = browser(app, emil)
    assert "<html" in mine.get(address).text
    piece = mine.get(address, headers={"HX-Request": "true"}).text
    assert "<html" not in piece
    assert "You shared it." in piece
    assert address in mine.get("/shares").text
    assert browser(app, rows.ada()).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 302
