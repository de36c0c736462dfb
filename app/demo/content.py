"""The company's texts, each brought to its station by its author and its reviewer."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update

from app.clock import now
from app.db import session
from app.demo import drawing
from app.demo.company import Company, read
from app.editorial import claims, drafts, pictures, proposals, remarks, reviews
from app.editorial.content import Content, Link, Picture, Variant, per_language
from app.editorial.models import Decision, Proposal, ProposalState, Revision
from app.guidelines import rulebook
from app.ids import uuid7
from app.notices.models import Notice
from app.people.models import User

TAB = "demo"


def fill(company: Company) -> None:
    """Everything that the company has written: what can be shared first, then what is still on its way."""
    for facts in read("posts.toml")["post"]:
        _decide(_submitted(company, facts), company, facts, Decision.APPROVED)
    for facts in read("desk.toml")["proposal"]:
        STATIONS[facts["station"]](company, facts)
    session.flush()
    _read_what_is_over()


def _read_what_is_over() -> None:
    """Everybody has read what asks nothing of them any more: approvals, and proposals that are decided or were taken back."""
    decided = select(func.concat("/review/", Proposal.id)).where(Proposal.state != ProposalState.SUBMITTED.value)
    over = or_(Notice.kind == "proposal_approved", (Notice.kind == "review_wanted") & Notice.url.in_(decided))
    session.execute(update(Notice).where(over, Notice.read_at.is_(None)).values(read_at=now()))


def _draft(company: Company, facts: Mapping[str, Any]) -> Proposal:
    """Saved as a window would that is still typing: the pages behind the links are invented, so nobody fetches them."""
    author = company.people[facts["author"]]
    window = drafts.Window(basis=0, tab=TAB, settled=False)
    return drafts.save(author, uuid7(), _content(company, author, facts), window)


def _submitted(company: Company, facts: Mapping[str, Any]) -> Proposal:
    draft = _draft(company, facts)
    return proposals.submit(company.people[facts["author"]], draft.id, basis=draft.draft_version)


def _withdrawn(company: Company, facts: Mapping[str, Any]) -> None:
    proposals.withdraw(company.people[facts["author"]], _submitted(company, facts).id)


def _sent_back(company: Company, facts: Mapping[str, Any]) -> None:
    _decide(_submitted(company, facts), company, facts, Decision.CHANGES_REQUESTED)


def _declined(company: Company, facts: Mapping[str, Any]) -> None:
    _decide(_submitted(company, facts), company, facts, Decision.DECLINED)


STATIONS = {"draft": _draft, "waiting": _submitted, "withdrawn": _withdrawn, "changes": _sent_back, "declined": _declined}


def _decide(proposal: Proposal, company: Company, facts: Mapping[str, Any], decision: Decision) -> None:
    reviewer, revision = company.people[facts["reviewer"]], proposal.revision
    assert revision is not None
    claims.claim(proposal, reviewer)
    for remark in facts.get("remarks", ()):
        _remark(revision, reviewer, remark)
    session.flush()
    reviews.review(proposal, reviewer, decision, content_hash=revision.content_hash, message=facts.get("message", ""))


def _remark(revision: Revision, reviewer: User, facts: Mapping[str, Any]) -> None:
    language, quote = revision.content["language"], facts["quote"]
    start = revision.content["texts"][language].index(quote)
    rule = next((one for one in rulebook.current() if one.guideline.number == facts.get("rule")), None)
    remarks.add(
        revision,
        reviewer,
        passage=remarks.Passage(language, start, start + len(quote)),
        quote=quote,
        message=facts["message"],
        guideline=rule,
        replacement=facts.get("replacement"),
    )


def _content(company: Company, author: User, facts: Mapping[str, Any]) -> Content:
    day = _tomorrow(author) if facts.get("wish") == "tomorrow" else None
    return Content(
        language=facts["language"],
        texts=per_language(facts["texts"]),
        variants=[Variant(language=one["language"], network=one.get("network"), text=one["text"]) for one in facts.get("variants", ())],
        link=_link(facts),
        pictures=[_picture(author, name) for name in facts.get("pictures", ())],
        topic_id=str(company.topics[facts["topic"]].id),
        why=per_language(facts.get("why", {})),
        wished_from=None,
        wished_until=day,
    )


def _tomorrow(author: User) -> str:
    return (now().astimezone(ZoneInfo(author.time_zone)) + timedelta(days=1)).date().isoformat()


def _link(facts: Mapping[str, Any]) -> Link | None:
    if "link" not in facts:
        return None
    url, title, description = facts["link"]
    return Link(url=url, title=title, description=description, media_id=None)


def _picture(author: User, name: str) -> Picture:
    media, _ = pictures.take(author.id, _drawn(name))
    return Picture(media_id=str(media.id), alt=per_language(drawing.ALT[name]))


@lru_cache(maxsize=8)
def _drawn(name: str) -> bytes:
    return drawing.DRAWINGS[name]()
