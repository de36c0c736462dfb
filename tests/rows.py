"""Rows that many tests start from: the cast, and content at each station. Everything is flushed, nothing committed."""

import hashlib
import itertools
import json
import uuid
from datetime import timedelta
from typing import Any

from app.clock import now
from app.db import session
from app.editorial.models import Post, Proposal, Review, Revision, Variant
from app.guidelines.models import Guideline, GuidelineVersion
from app.people.models import Topic, User

_numbers = itertools.count(1)

TEXT = "Our new pump ran through 42 winter tests. Here is what we learned about cold seals."


def person(name: str, *roles: str, locale: str = "en") -> User:
    """A colleague with these roles."""
    user = User(email=f"{name.lower()}.{uuid.uuid4().hex[:12]}@example.com", name=name, roles=list(roles), locale=locale)
    session.add(user)
    session.flush()
    return user


def edda() -> User:
    """The expert."""
    return person("Edda", "expert")


def ravi() -> User:
    """The reviewer."""
    return person("Ravi", "reviewer")


def emil() -> User:
    """An employee without further roles."""
    return person("Emil")


def ada() -> User:
    """The admin."""
    return person("Ada", "admin")


def topic(name: str = "Pumps") -> Topic:
    """A topic."""
    number = uuid.uuid4().hex[:12]
    made = Topic(name_en=f"{name} {number}", name_de=f"{name} (de) {number}")
    session.add(made)
    session.flush()
    return made


def guideline(severity: str = "must_fix", title: str = "Say that you work here") -> GuidelineVersion:
    """A rule in its first version."""
    rule = Guideline(number=100 + next(_numbers))
    words = {"title": title, "why": "why", "do": "do", "dont": "don't", "good": "good", "bad": "bad"}
    session.add(rule)
    session.flush()
    version = GuidelineVersion(guideline_id=rule.id, version=1, severity=severity, texts={"en": words, "de": words})
    session.add(version)
    session.flush()
    return version


def content(text: str = TEXT, **more: Any) -> dict[str, Any]:
    """A proposal's content with an English text."""
    plain: dict[str, Any] = {"language": "en", "texts": {"en": text}, "variants": [], "link": None, "pictures": [], "why": {}}
    return plain | more


def proposal(author: User, **more: Any) -> Proposal:
    """A proposal that waits for a review, with its first revision."""
    about = topic()
    body = content(**more) | {"topic_id": str(about.id)}
    made = Proposal(author_id=author.id, topic_id=about.id, draft=body)
    session.add(made)
    session.flush()
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    revision = Revision(proposal_id=made.id, number=1, author_id=author.id, editor_id=author.id, content=body, content_hash=fingerprint)
    session.add(revision)
    session.flush()
    made.revision_id, made.state, made.submitted_at = revision.id, "submitted", now()
    session.flush()
    session.refresh(made)
    return made


def post(author: User, reviewer: User, **more: Any) -> Post:
    """A post that can be shared from now for thirty days."""
    source = proposal(author, **more)
    revision = source.revision
    assert revision is not None
    review = Review(
        revision_id=revision.id,
        author_id=author.id,
        editor_id=author.id,
        content_hash=revision.content_hash,
        reviewer_id=reviewer.id,
        decision="approved",
    )
    session.add(review)
    session.flush()
    source.state = "approved"
    assert source.topic_id is not None
    made = Post(
        proposal_id=source.id,
        revision_id=revision.id,
        review_id=review.id,
        content_hash=revision.content_hash,
        author_id=author.id,
        topic_id=source.topic_id,
        content=revision.content,
        share_from=now() - timedelta(minutes=1),
        share_until=now() + timedelta(days=30),
    )
    session.add(made)
    session.flush()
    session.add(Variant(post_id=made.id, language="en", text=revision.content["texts"]["en"]))
    session.flush()
    return made
