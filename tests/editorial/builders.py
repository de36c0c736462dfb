"""What the tests of the expert's side start from. All of it is committed, so that a refused request leaves it there."""

import io
from typing import Any

from PIL import Image

from app.db import session
from app.editorial import drafts, proposals
from app.editorial.cleaning import clean
from app.editorial.drafts import Window
from app.editorial.models import Proposal, Remark, Review
from app.ids import uuid7
from app.people.models import Topic, User
from tests import rows

TEXT = "Our new pump ran through 42 winter tests. Here is what we learned about cold seals."


def form(about: Topic | None = None, **more: str) -> dict[str, str]:
    """The editor's form, complete enough to be submitted; `__` in a name stands for the hyphen."""
    about = about or rows.topic()
    session.commit()
    typed = {"language": "en", "text-en": TEXT, "why-en": "Winter is coming to every plant.", "topic_id": str(about.id)}
    return typed | {key.replace("__", "-"): value for key, value in more.items()}


def draft(author: User, **more: str) -> Proposal:
    """A saved draft."""
    made = drafts.save(author, uuid7(), clean(form(None, **more)), Window(basis=0, tab="one"))
    session.commit()
    return made


def submitted(author: User, **more: str) -> Proposal:
    """A proposal that waits for review."""
    made = draft(author, **more)
    proposals.submit(author, made.id, basis=made.draft_version)
    session.commit()
    return made


def sent_back(author: User, reviewer: User, **remark: Any) -> Remark:
    """A remark on a proposal that came back with changes asked for."""
    proposal = submitted(author)
    revision = proposal.revision
    assert revision is not None
    review = Review(
        revision_id=revision.id,
        author_id=author.id,
        editor_id=author.id,
        content_hash=revision.content_hash,
        reviewer_id=reviewer.id,
        decision="changes_requested",
        message="Nearly there.",
    )
    session.add(review)
    session.flush()
    quote = remark.pop("quote", "42 winter tests")
    start = TEXT.index(quote)
    end = start + len(quote)
    around = {"prefix": TEXT[max(0, start - 32) : start], "suffix": TEXT[end : end + 32], "start": start, "end": end}
    facts = {"message": "Say which ones.", "replacement": "42 tests at −20 °C"} | around | remark
    made = Remark(revision_id=revision.id, review_id=review.id, reviewer_id=reviewer.id, language="en", quote=quote, **facts)
    session.add(made)
    proposal.state = "changes_requested"
    session.commit()
    return made


def picture(width: int = 40, height: int = 30, kind: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new(mode, (width, height), "teal").save(out, kind, **options)
    return out.getvalue()
