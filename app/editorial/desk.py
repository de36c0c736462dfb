"""What lies on an expert's desk while they write: the content with its counts, previews, gaps and the link's state."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import LazyString
from sqlalchemy import or_, select

import config
from app.clock import now
from app.db import session
from app.editorial import content as contents
from app.editorial import previews, proposals, wording
from app.editorial.content import LANGUAGES, Content
from app.editorial.media_models import LinkPreview
from app.editorial.models import Proposal, ProposalState
from app.editorial.service_target import service_target
from app.networks import counting
from app.people.models import Topic, User

EXAMPLE_CODE = "ab2cd3ef4g"


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a network's room a text takes; `limit` is what disclosure and link leave to the author's own words."""

    network: str
    name: str
    used: int
    limit: int


@dataclass(frozen=True)
class Desk:
    """Everything that the editor shows. `basis` is 0 and `saved_at` none before the first save."""

    proposal_id: uuid.UUID
    content: Content
    basis: int
    tab: str
    saved_at: datetime | None = None
    state: str = ProposalState.DRAFT.value
    errors: dict[str, LazyString | str] = field(default_factory=dict)

    @property
    def languages(self) -> list[str]:
        """The author's own language first."""
        return sorted(LANGUAGES, key=lambda language: language != self.content["language"])

    @property
    def link(self) -> LinkPreview | None:
        """What is known of the link."""
        return previews.find(self.content["link"]["url"]) if self.content["link"] else None

    def shown(self, network: str) -> list[wording.Shown]:
        """The text as this network will show it, once per language that has a text."""
        written = wording.languages(self.content) or [self.content["language"]]
        return [_shown(self.content, language, network) for language in written]

    def rooms(self, language: str) -> list[Room]:
        """The room that the main text of a language takes, on each network that has no wording of its own."""
        content = contents.Content(**{**self.content, "variants": []})
        shown = [_shown(content, language, network) for network in offered()]
        return [_room(one, content["texts"][language]) for one in shown]

    def room_of(self, number: int) -> Room | None:
        """The room that a wording made for one network takes there."""
        variant = self.content["variants"][number]
        if variant["network"] is None:
            return None
        alone = contents.Content(**{**self.content, "variants": [variant]})
        return _room(_shown(alone, variant["language"], variant["network"]), variant["text"])


def of(proposal: Proposal, *, tab: str, content: Content | None = None, basis: int | None = None) -> Desk:
    """The desk of a stored draft, or of what was just typed over it."""
    return Desk(
        proposal_id=proposal.id,
        content=contents.of(proposal.draft) if content is None else content,
        basis=proposal.draft_version if basis is None else basis,
        tab=tab,
        saved_at=proposal.draft_saved_at,
        state=proposal.state,
    )


def offered() -> list[str]:
    """The networks that people here may share on; the practice network only where it runs."""
    return [key for key in wording.NETWORKS if key != "practice" or config.settings().practice_url]


def example_link() -> str:
    """A link as long as the tracked ones will be."""
    return f"{config.settings().base_url}/s/{EXAMPLE_CODE}"


def _shown(content: Content, language: str, network: str) -> wording.Shown:
    return wording.shown(content, language, network, company=config.settings().company, link=example_link())


def _room(shown: wording.Shown, text: str) -> Room:
    used = counting.count(text, wording.NETWORKS[shown.network].limits).used
    return Room(shown.network, shown.name, used, shown.count.limit - (shown.count.used - used))


def topics(but: str | None = None) -> list[Topic]:
    """The topics to choose from, and the chosen one even when it was retired."""
    kept = Topic.retired_at.is_(None)
    return list(session.scalars(select(Topic).where(or_(kept, Topic.id == uuid.UUID(but)) if but else kept).order_by(Topic.name_en)))


@dataclass(frozen=True, slots=True)
class Readers:
    """Who will look at a proposal that is submitted now, and until when."""

    names: list[str]
    until: datetime


def readers(author: User) -> Readers:
    """The reviewers, and the end of one working day from now."""
    return Readers([one.name for one in proposals.reviewers(but=author.id)], service_target(now()))
