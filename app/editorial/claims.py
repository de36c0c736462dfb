"""Claims: a proposal is held for one reviewer at a time, so that two do not do the same work."""

from datetime import datetime, timedelta

from app.clock import now
from app.db import lock
from app.editorial.models import Proposal
from app.errors import Stale, _
from app.people.models import User

HELD_FOR = timedelta(minutes=30)


def holder(proposal: Proposal, *, at: datetime | None = None) -> User | None:
    """Who holds the proposal now, or none when nobody does or the claim has run out."""
    if proposal.claimed_until is None or proposal.claimed_until < (at or now()):
        return None
    return proposal.claimed_by


def claim(proposal: Proposal, reviewer: User) -> None:
    """Hold the proposal for this reviewer, from now for half an hour; raises Stale while a colleague holds it."""
    lock(proposal)
    held_by = holder(proposal)
    if held_by is not None and held_by.id != reviewer.id:
        raise Stale(
            _(
                "%(name)s is reviewing this right now. It is free again at the end of their half hour.",
                name=held_by.name,
            )
        )
    proposal.claimed_by_id = reviewer.id
    proposal.claimed_until = now() + HELD_FOR


def release(proposal: Proposal, reviewer: User) -> None:
    """Give the proposal back to the queue, if this reviewer holds it."""
    lock(proposal)
    if proposal.claimed_by_id == reviewer.id:
        proposal.claimed_by_id = None
        proposal.claimed_until = None
