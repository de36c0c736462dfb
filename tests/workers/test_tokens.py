"""The job that renews tokens ahead."""

from typing import TYPE_CHECKING

from app.db import session, transaction
from app.sharing.account_models import ConnectedAccount
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later
from tests.sharing.conftest import control

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

__all__ = ["control"]


def test_the_job_renews_what_is_needed_soon(committed: "Db", control: Control) -> None:
    from workers.tokens import renew_tokens  # noqa: PLC0415 - Celery reads the settings when it is imported

    control.fault("token_lifetime", seconds=200, times=1)
    with transaction():
        emil = rows.emil()
        account = builders.account(emil, control)
        builders.share(emil, builders.post(), account, at=later(minutes=30))
        account_id, before = account.id, account.tokens
    renew_tokens.apply()
    session.remove()
    found = session.get_one(ConnectedAccount, account_id)
    assert (found.tokens == before, found.refresh_began_at) == (False, None)
