"""The worker is what is dead: the web server's watch tells the admins, and sends the mail itself."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.clock import now
from app.db import session, transaction
from app.health.models import Alarm
from app.notices.models import Mail
from tests import rows
from tests.sharing.builders import eventually

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]
WATCH = """
import config
from app import db, models
from app.health.watch import Watch
db.connect(config.settings().database_url)
Watch(every=0.3).run()
"""


def sent() -> list[str]:
    """The subjects of the mails that have left."""
    session.remove()
    return list(session.scalars(select(Mail.subject).where(Mail.sent_at.is_not(None))))


def test_nobody_else_could_tell() -> None:
    with transaction():
        rows.ada().password_hash = "set"
        session.add(Alarm(kind="worker", since=now() - timedelta(minutes=2), facts={}))
    watch = subprocess.Popen([sys.executable, "-c", WATCH], cwd=ROOT, env=os.environ | {"OUTSPOKEN_ENV": "development"})
    try:
        eventually(lambda: sent() == ["Outspoken: no worker runs"], seconds=30)
    finally:
        watch.kill()
        watch.wait(10)
