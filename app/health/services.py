"""The doctor's look at database, clock, broker, worker, beat and mail."""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import config
from app.clock import now
from app.db import session
from app.errors import _
from app.health import broker, heartbeats
from app.health.findings import Finding, broken, note, ok
from app.notices import smtp

OLDEST = 150_000
CLOCKS_DIFFER = timedelta(seconds=2)
FROZEN = frozenset({"events", "revisions", "guideline_versions", "reviews"})


def database() -> Iterator[Finding]:
    """Reachable, young enough, migrated, and refusing to change what may not change. The clock is compared on the way."""
    name = _("Database")
    try:
        row = session.execute(
            text("SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version")
        ).one()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0][:200]
        yield broken(name, _("It does not answer: %(reason)s", reason=reason), _("Start PostgreSQL, or mend DATABASE_URL."))
        return
    if row.number < OLDEST:
        yield broken(name, _("PostgreSQL %(version)s is too old.", version=row.version), _("Upgrade it to version 15 or newer."))
    else:
        yield ok(name, _("PostgreSQL %(version)s answers.", version=row.version))
    yield _migrations()
    yield _append_only()
    yield _clock()


def _migrations() -> Finding:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - 10 MB that no page needs

    from app.migrate import alembic_config  # noqa: PLC0415

    name, head = _("Migrations"), ScriptDirectory.from_config(alembic_config()).get_current_head()
    there = session.scalar(text("SELECT to_regclass('alembic_version')"))
    present = session.scalar(text("SELECT max(version_num) FROM alembic_version")) if there else None
    if present == head:
        return ok(name, _("The tables are up to date (%(revision)s).", revision=head))
    words = _("The tables are at %(present)s, the program needs %(head)s.", present=present or "-", head=head)
    return broken(name, words, _("Run python3 run.py migrate."))


def _append_only() -> Finding:
    name = _("Audit trail")
    query = text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled <> 'D'")
    missing = FROZEN - set(session.scalars(query))
    if not missing:
        return ok(name, _("The database refuses to change or delete what happened."))
    words = _("These tables could be changed: %(tables)s.", tables=", ".join(sorted(missing)))
    return broken(
        name,
        words,
        _("Restore the trigger: run python3 run.py migrate --down 0001 on a copy, or ALTER TABLE ... ENABLE TRIGGER append_only."),
    )


def _clock() -> Finding:
    before = now()
    there: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = max(before - there, there - now(), timedelta()).total_seconds()
    name = _("Clock")
    if apart <= CLOCKS_DIFFER.total_seconds():
        return ok(name, _("This machine and the database agree on the time."))
    words = _("This machine and the database are %(seconds)s seconds apart.", seconds=round(apart, 1))
    return broken(name, words, _("Switch on time synchronisation (NTP) on both machines."))


def message_broker() -> Finding:
    """Whether Redis or RabbitMQ answers."""
    name = _("Broker")
    try:
        count = broker.waiting(config.settings().broker_url)
    except broker.Unreachable as error:
        step = _("Start Redis (or RabbitMQ), or mend REDIS_URL or BROKER_URL. Nothing is lost meanwhile: what is due is in the database.")
        return broken(name, _("It does not answer (%(reason)s).", reason=str(error)), step)
    return ok(name, _("It answers; %(count)s messages wait.", count=count))


def processes() -> Iterator[Finding]:
    """Whether a worker and the schedule were seen in the last half minute."""
    fresh = {seen.name for seen in heartbeats.seen() if seen.fresh}
    workers = [name for name in fresh if name.startswith(heartbeats.WORKER)]
    if workers:
        yield ok(_("Worker"), _("%(count)s alive.", count=len(workers)))
    else:
        yield broken(_("Worker"), _("None was seen in the last 30 seconds; nothing is published."), _("Start one: python3 run.py worker."))
    if heartbeats.BEAT in fresh:
        yield ok(_("Schedule (beat)"), _("It keeps time."))
    else:
        step = _("Start it: python3 run.py beat. If it runs, its messages find no broker or no worker.")
        yield broken(_("Schedule (beat)"), _("No message of it arrived in the last 30 seconds."), step)


def mail() -> Finding:
    """Connect and log in as a mail would, without sending one."""
    name, settings = _("Mail"), config.settings()
    if not settings.mail_url:
        if settings.development:
            return note(name, _("No mail leaves: in development mails are shown on a local page."))
        return broken(
            name, _("MAIL_URL is not set, so nobody gets invitations."), _("Set MAIL_URL=smtp+starttls://user:password@host:587.")
        )
    try:
        server = smtp.connect(settings.mail_url)
        server.noop()
        server.quit()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        words = _("The mail server did not let us in: %(reason)s", reason=_without_secret(str(error), settings.mail_url))
        return broken(name, words, _("Mend MAIL_URL: host, port, user and password."))
    return ok(name, _("The mail server lets us in. No mail was sent."))


def _without_secret(words: str, url: str) -> str:
    """A server's answer, without our address and its password."""
    secret = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return (words.replace(secret, "***") if secret else words)[:200]
