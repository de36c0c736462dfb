"""The job that looks at planned shares ahead."""

from typing import TYPE_CHECKING

from sqlalchemy import update

from app.clock import now
from app.db import session, transaction
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_the_job_checks_what_is_due(committed: "Db") -> None:
    from workers.preflight import check_ahead  # noqa: PLC0415 - Celery reads the settings when it is imported

    with transaction():
        emil = rows.emil()
        made = builders.share(emil, builders.post(), builders.plain_account(emil), at=later(hours=2))
        delivery_id = builders.delivery(made).id
        session.execute(update(Delivery).values(check_due_at=now(), text="Words that do not say where he works"))
    check_ahead.apply()
    found = look(delivery_id)
    assert (found.warning, builders.notices(found.user_id)) == ("disclosure_missing", [])
    assert found.check_due_at == later(start=found.due_at, hours=-1)
