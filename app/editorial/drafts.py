"""Drafts: what an expert is typing. Every save goes through `draft_version`: two tabs never overwrite each other silently."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.audit.events import record
from app.audit.moves import move
from app.clock import now
from app.db import lock, session
from app.editorial import content as contents
from app.editorial import pictures, previews
from app.editorial.content import Content
from app.editorial.media_models import LinkPreview, Media
from app.editorial.models import Proposal, ProposalState
from app.editorial.renditions import Made
from app.errors import Invalid, Missing, Stale, _
from app.people.models import Topic, User

EDITABLE = frozenset({ProposalState.DRAFT, ProposalState.CHANGES_REQUESTED})


class Conflict(Stale):
    """Another tab has saved something else meanwhile; `proposal` holds what it saved. Nothing was changed."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(_("This proposal was changed in another window meanwhile. Both texts are shown below; choose one."))
        self.proposal = proposal


class Closed(Stale):
    """The draft cannot change now: it is with the reviewers, or it was decided."""


def mine(author: User, proposal_id: uuid.UUID, *, lock: bool = False) -> Proposal:
    """The author's own proposal; raises Missing for anybody else's."""
    wanted = select(Proposal).where(Proposal.id == proposal_id, Proposal.author_id == author.id)
    found = session.scalars(wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted).one_or_none()
    if found is None:
        raise Missing(_("There is no such proposal of yours."))
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """The browser window that saves: `basis` is the draft version it started from, `tab` its name.

    `settled`: the author stopped typing, so a new link may be looked at. `anyway`: they have seen the other window's text.
    """

    basis: int
    tab: str
    settled: bool = True
    anyway: bool = False

    def may_overwrite(self, proposal: Proposal) -> bool:
        """Whether no other window has saved since. This window's own save, whose answer was lost, is not in the way."""
        own = bool(self.tab) and proposal.draft.get("tab") == self.tab
        return self.anyway or own or self.basis == proposal.draft_version


def save(author: User, proposal_id: uuid.UUID, content: Content, window: Window) -> Proposal:
    """Keep what was typed; the first save makes the proposal.

    Raises Conflict when another window has saved something else since, Closed when it is with the reviewers, Missing for
    somebody else's ids. Nothing is changed then.
    """
    _make_if_new(author, proposal_id, content, window)
    proposal = mine(author, proposal_id, lock=True)
    must_be_editable(proposal)
    complete = _with_checked_ids(author, proposal, content, settled=window.settled)
    if complete == contents.of(proposal.draft) and proposal.draft_version > 0:
        return proposal
    if not window.may_overwrite(proposal):
        raise Conflict(proposal)
    write(proposal, complete, tab=window.tab)
    return proposal


def _make_if_new(author: User, proposal_id: uuid.UUID, content: Content, window: Window) -> None:
    """Two first saves of one window at once make one row."""
    if window.basis != 0:
        return
    fresh = {"id": proposal_id, "author_id": author.id, "state": "draft", "draft_version": 0, "created_at": now()}
    draft = {"draft": {**contents.blank(content["language"]), "tab": window.tab[:64]}, "draft_saved_at": now()}
    made = insert(Proposal).values(**fresh, **draft).on_conflict_do_nothing().returning(Proposal.id)
    if session.scalar(made):
        record("started", "proposals", proposal_id, by=author.id)


def must_be_editable(proposal: Proposal) -> None:
    """Raises Closed while the reviewers have it, and when it has been decided."""
    if proposal.state == ProposalState.SUBMITTED:
        raise Closed(_("You have submitted this already, so it cannot change now. Withdraw it if you want to go on writing."))
    if proposal.state not in EDITABLE:
        raise Closed(_("This proposal has been closed, so its text cannot change any more."))


def write(proposal: Proposal, content: Content, *, tab: str = "") -> None:
    """Put content into the draft as its next version. The caller holds the row's lock."""
    proposal.draft = {**content, "tab": tab[:64]}
    proposal.draft_version += 1
    proposal.draft_saved_at = now()
    proposal.topic_id = uuid.UUID(content["topic_id"]) if content["topic_id"] else None
    proposal.wished_from, proposal.wished_until = wished(content, proposal.author.time_zone)


def wished(content: Content, zone: str) -> tuple[datetime | None, datetime | None]:
    """The wished days as moments: from the first minute of the first day to the end of the last, in the author's zone."""
    start = _midnight(content["wished_from"], zone)
    end = _midnight(content["wished_until"], zone)
    return start, end + timedelta(days=1) if end else None


def _midnight(day: str | None, zone: str) -> datetime | None:
    return datetime.combine(datetime.fromisoformat(day).date(), time(), ZoneInfo(zone)) if day else None


def _with_checked_ids(author: User, proposal: Proposal, content: Content, *, settled: bool) -> Content:
    """Topic and pictures must be there, and be this author's to use; the link gets what its preview knows."""
    topic_id, before = content["topic_id"], contents.of(proposal.draft)
    if topic_id and topic_id != before["topic_id"]:
        topic = session.get(Topic, uuid.UUID(topic_id))
        if topic is None or topic.retired_at is not None:
            raise Missing(_("That topic is not there any more. Choose another one."))
    ids = [uuid.UUID(picture["media_id"]) for picture in content["pictures"]]
    owned = set(session.scalars(select(Media.id).where(Media.id.in_(ids), Media.owner_id == author.id))) if ids else set()
    if owned != set(ids):
        raise Missing(_("That picture is not yours, or it is gone. Take it away and add it again."))
    return Content(**{**content, "link": _with_preview(author, content, before, settled=settled)})


def _with_preview(author: User, content: Content, before: Content, *, settled: bool) -> contents.Link | None:
    """The link as typed, with what its preview knows; a preview is asked for when the author has stopped typing."""
    link, old = content["link"], before["link"]
    if link is None:
        return None
    preview = previews.ask(link["url"], by=author.id) if settled else previews.find(link["url"])
    if old and old["url"] != link["url"] and (link["title"], link["description"]) == (old["title"], old["description"]):
        link = contents.Link(url=link["url"], title="", description="", media_id=None)
    return filled(link, preview, first=not old or old["url"] != link["url"] or old["media_id"] is None)


def filled(link: contents.Link, preview: LinkPreview | None, *, first: bool) -> contents.Link:
    """A link with its preview's words (only the `first` time, so that words taken away stay away) and picture."""
    if preview is None or preview.state != "ready":
        return link
    title = link["title"] or (preview.title if first else "")
    description = link["description"] or (preview.description if first else "")
    picture = str(preview.media_id) if preview.media_id else None
    return contents.Link(url=link["url"], title=title, description=description, media_id=picture)


def with_fresh_link(proposal: Proposal) -> Proposal:
    """The proposal, its link filled with a preview that has come meanwhile; that is no new version, because nobody typed it."""
    if _known_by_now(proposal) is not None:
        lock(proposal)  # somebody may be typing on: what is written back must be what stands there now
        link = _known_by_now(proposal)
        if link is not None:
            proposal.draft = {**proposal.draft, "link": link}
    return proposal


def _known_by_now(proposal: Proposal) -> contents.Link | None:
    """The draft's link filled with its preview; none when that adds nothing."""
    link = contents.of(proposal.draft)["link"]
    if link is None or link["media_id"] is not None:
        return None
    filled_now = filled(link, previews.find(link["url"]), first=not link["title"])
    return filled_now if filled_now != link else None


def take_up(author: User, proposal_id: uuid.UUID) -> Proposal:
    """Go on with a withdrawn proposal; raises Stale when it is not withdrawn."""
    proposal = mine(author, proposal_id, lock=True)
    if proposal.state != ProposalState.DRAFT:
        move(proposal, ProposalState.DRAFT.value, by=author.id)
    return proposal


def change(author: User, proposal_id: uuid.UUID, changes: Mapping[str, Any]) -> Proposal:
    """Change some of the draft on top of whatever it says now (a picture is added, a wording taken away)."""
    proposal = mine(author, proposal_id, lock=True)
    must_be_editable(proposal)
    whole = Content(**{**contents.of(proposal.draft), **changes})  # type: ignore[typeddict-item]
    write(proposal, whole, tab=str(proposal.draft.get("tab", "")))
    return proposal


def add_picture(author: User, proposal_id: uuid.UUID, data: bytes) -> Made:
    """Take a picture into the draft; raises Invalid when there are four already, and as `pictures.take` does."""
    proposal = mine(author, proposal_id, lock=True)
    must_be_editable(proposal)
    there = contents.of(proposal.draft)["pictures"]
    if len(there) >= contents.MAX_PICTURES:
        raise Invalid(_("A proposal can have four pictures. Take one away first."), field="picture")
    media, made = pictures.take(author.id, data)
    if all(picture["media_id"] != str(media.id) for picture in there):
        fresh = contents.Picture(media_id=str(media.id), alt=contents.per_language({}))
        change(author, proposal_id, {"pictures": [*there, fresh]})
    return made


def add_variant(author: User, proposal_id: uuid.UUID) -> int:
    """Add an empty wording in the proposal's language; returns its number. Raises Invalid when there are twenty."""
    proposal = mine(author, proposal_id, lock=True)
    content = contents.of(proposal.draft)
    if len(content["variants"]) >= contents.MAX_VARIANTS:
        raise Invalid(_("A proposal can have 20 wordings. Take some away first."), field="variants")
    fresh = contents.Variant(language=content["language"], network=None, text="")
    change(author, proposal_id, {"variants": [*content["variants"], fresh]})
    return len(content["variants"])


def remove(author: User, proposal_id: uuid.UUID, part: str, number: int) -> None:
    """Take a wording ("variants") or a picture ("pictures") out of the draft, by its number from 0."""
    content = contents.of(mine(author, proposal_id, lock=True).draft)
    there = list(content["variants"] if part == "variants" else content["pictures"])
    if not 0 <= number < len(there):
        raise Missing(_("That has been taken away already. Reload the page."))
    change(author, proposal_id, {part: there[:number] + there[number + 1 :]})
