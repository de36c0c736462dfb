"""What came of a published proposal. A room further on (sharing) knows; it puts its function here."""

from collections.abc import Callable
from typing import Any

from app.editorial.models import Proposal

# At most one: given a proposal, it returns what `proposals/_results.html` shows, or None.
PROVIDERS: list[Callable[[Proposal], Any]] = []


def of(proposal: Proposal) -> Any:
    """What came of it, or None: not approved yet, or nobody knows."""
    if proposal.state != "approved" or not PROVIDERS:
        return None
    return PROVIDERS[-1](proposal)
