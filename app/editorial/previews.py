"""Link previews: asked for by the editor, fetched by a worker, shared by everyone who links to the same page."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from flask_babel import LazyString
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from app.audit.moves import move
from app.clock import now
from app.db import on_commit, session, transaction
from app.editorial import pictures
from app.editorial.links import clean_link
from app.editorial.media_models import LinkPreview
from app.errors import Invalid, Refusal, _
from app.ids import uuid7
from app.networks.faults import NetworkFault, Permanent
from app.networks.http import Rules
from app.networks.pages import fetch_image
from app.networks.preview import Preview, fetch_preview
from app.nudges import nudge

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
READY_FOR = timedelta(days=7)
FAILED_FOR = timedelta(minutes=10)
AT_ONCE = 5

REASONS: dict[str, LazyString] = {
    "address_refused": _("This address is inside a private network, so we do not fetch it. You can write a title yourself."),
    "scheme_refused": _("This page is not served over https, so we do not fetch it. You can write a title yourself."),
    "bad_address": _("This does not look like a web address. Copy it from your browser's address line."),
    "not_html": _("This is a file, not a page, so there is nothing to show. You can write a title yourself."),
    "page_status": _("The page did not let us read it. Check the address; you can write a title yourself."),
    "too_many_redirects": _("The page sends us from one address to the next without an end. Use the address where it ends."),
    "timeout": _("The page took too long to answer. You can write a title yourself, or ask again later."),
    "unreachable": _("Nobody answers at this address. Check it for a slip; you can write a title yourself."),
}
OTHER_REASON = _("The page could not be read. You can write a title yourself, or ask again later.")


def reason(problem: str | None) -> LazyString:
    """The sentence for a problem's code."""
    return REASONS.get(problem or "", OTHER_REASON)


def ask(url: str, *, by: uuid.UUID) -> LinkPreview | None:
    """The preview of an address, queued when nobody has asked for it lately; None for what is no address."""
    try:
        address = clean_link(url)
    except Invalid:
        return None
    fresh = insert(LinkPreview).values(id=uuid7(), url=address, asked_by_id=by, state="queued", due_at=now(), title="", description="")
    made = session.scalar(fresh.on_conflict_do_nothing(index_elements=["url"]).returning(LinkPreview.id))
    preview = session.scalars(select(LinkPreview).where(LinkPreview.url == address)).one()
    if made or _is_old(preview):
        _queue(preview, by)
    return preview


def find(url: str) -> LinkPreview | None:
    """What is known of an address, without asking for it."""
    try:
        return session.scalars(select(LinkPreview).where(LinkPreview.url == clean_link(url))).one_or_none()
    except Invalid:
        return None


def _is_old(preview: LinkPreview) -> bool:
    kept = READY_FOR if preview.state == "ready" else FAILED_FOR
    return preview.state != "queued" and (preview.fetched_at is None or preview.fetched_at < now() - kept)


def _queue(preview: LinkPreview, by: uuid.UUID) -> None:
    if preview.state != "queued":
        move(preview, "queued", by=by)
        preview.due_at = now()
    on_commit(partial(nudge, "fetch-previews"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one page: a preview with perhaps a picture's bytes, or the code of the problem."""

    preview: Preview | None
    picture: bytes = b""
    problem: str = ""


def anything_due(moment: datetime) -> ColumnElement[bool]:
    """A question for the database: whether a page waits to be fetched."""
    return select(LinkPreview.id).where(*_due(moment)).exists()


def fetch_due(rules: Rules) -> int:
    """Fetch what is due, a few at a time, each leased and recorded in a transaction of its own; returns how many."""
    leased = _lease()
    for preview_id, url in leased:
        fetched = _fetch(url, rules)
        with transaction():
            _record(preview_id, fetched)
    return len(leased)


def _lease() -> list[tuple[uuid.UUID, str]]:
    """Take up to AT_ONCE due rows for the time of LEASE; a worker that dies leaves them to the next one."""
    due = select(LinkPreview).where(*_due(now())).order_by(LinkPreview.due_at)
    with transaction():
        rows = session.scalars(due.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.due_at = now() + LEASE
        return [(row.id, row.url) for row in rows]


def _due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return LinkPreview.state == "queued", LinkPreview.due_at <= moment


def _fetch(url: str, rules: Rules) -> Fetched:
    try:
        preview = fetch_preview(url, rules)
    except NetworkFault as fault:
        return Fetched(None, problem=fault.code)
    except Exception:
        log.exception("reading a link's preview failed")
        return Fetched(None, problem="unreadable")
    return Fetched(preview, _fetch_picture(preview.image_url, rules))


def _fetch_picture(url: str, rules: Rules) -> bytes:
    """The picture, or nothing: a preview without one is a preview all the same."""
    if not url:
        return b""
    try:
        return fetch_image(url, rules).data
    except NetworkFault as fault:
        level = logging.INFO if isinstance(fault, Permanent) else logging.WARNING
        log.log(level, "no picture for a link's preview: %s", fault.code)
        return b""


def _record(preview_id: uuid.UUID, fetched: Fetched) -> None:
    """Write the outcome, unless somebody else already did."""
    row = session.get_one(LinkPreview, preview_id, with_for_update=True)
    if row.state != "queued":
        return
    row.fetched_at = now()
    if fetched.preview is None:
        row.problem = fetched.problem
        move(row, "failed", by=None, problem=fetched.problem)
        return
    row.title, row.description, row.problem = fetched.preview.title, fetched.preview.description, None
    row.media_id = _picture_id(row.asked_by_id, fetched.picture)
    move(row, "ready", by=None)


def _picture_id(owner_id: uuid.UUID | None, data: bytes) -> uuid.UUID | None:
    if owner_id is None or not data:
        return None
    try:
        return pictures.take(owner_id, data)[0].id
    except Refusal:
        return None
