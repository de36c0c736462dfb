"""Who can see what: one table, from which the page "What my employer sees" is made, and to which the queries hold.

A query over people's shares, clicks or readings asks `may_see`, or shows only what is one's own. A test keeps the page and the
table in step.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.errors import _
from app.people.models import Role, User


class Thing(StrEnum):
    """What there is to see about a person."""

    SHARES = "shares"
    RECALL = "recall"
    FIGURES = "figures"
    POST_COUNTS = "post_counts"
    ACCOUNTS = "accounts"
    TOKENS = "tokens"
    DRAFTS = "drafts"
    PROPOSALS = "proposals"
    READ_RULES = "read_rules"
    TRAIL = "trail"
    SIGN_INS = "sign_ins"
    HEALTH = "health"


class Seer(StrEnum):
    """Who may look."""

    SELF = "self"
    EVERYBODY = "everybody"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Rule:
    """One line of the table: who sees a thing, and in plain words what of it."""

    thing: Thing
    seers: frozenset[Seer]
    title: object
    words: object


def _rule(thing: Thing, title: object, words: object, *seers: Seer) -> Rule:
    return Rule(thing, frozenset(seers), title, words)


RULES = (
    _rule(
        Thing.SHARES, _("What you share, skip or put aside"),
        _(
            "Only you see the list, and what you left out. There is no ranking, and no page that says who shared and "
            "who did not. The audit trail (below) notes that and when you shared, without the text."
        ),
        Seer.SELF,
    ),
    _rule(
        Thing.RECALL, _("Your copy of a post that was withdrawn"),
        _(
            "Only then, reviewers and admins see whose copies there are, where, and whether they are gone, so that they can ask you. "
            "You alone can delete yours, and whether you decided to keep it is not shown."
        ),
        Seer.SELF, Seer.REVIEWER, Seer.ADMIN,
    ),
    _rule(
        Thing.FIGURES, _("What came of your shares"),
        _("Clicks, likes and replies of each of your shares are shown to you alone."),
        Seer.SELF,
    ),
    _rule(
        Thing.POST_COUNTS, _("What came of a post, all shares together"),
        _(
            "The author of a post and the reviewers see sums for the post: how often it was shared and opened. There "
            "are no names in it."
        ),
        Seer.AUTHOR, Seer.REVIEWER,
    ),
    _rule(
        Thing.ACCOUNTS, _("Which of your own accounts are connected"),
        _(
            "Only you. An admin sees in the audit trail that you connected or disconnected an account, and at which "
            "network."
        ),
        Seer.SELF,
    ),
    _rule(
        Thing.TOKENS, _("The access to your accounts"),
        _(
            "Nobody, not even you: it is stored encrypted, used only for what you clicked, and wiped when you "
            "disconnect. Nobody can post for you."
        ),
    ),
    _rule(
        Thing.DRAFTS, _("What you are still writing"),
        _("Only you, until you hand it in."),
        Seer.SELF,
    ),
    _rule(
        Thing.PROPOSALS, _("What you have handed in, and the answers"),
        _(
            "You and the reviewers. Why a proposal was declined is between you and whoever wrote it. When it is approved, your "
            "colleagues see the post with your name as its author."
        ),
        Seer.SELF, Seer.REVIEWER,
    ),
    _rule(
        Thing.READ_RULES, _("That you have read the guidelines"),
        _("You, and admins in the audit trail: the day, and which edition."),
        Seer.SELF, Seer.ADMIN,
    ),
    _rule(
        Thing.TRAIL, _("The audit trail"),
        _(
            "Admins see who did what and when: signed in, shared, reviewed, changed a role. The texts are not in it. "
            "It exists so that nobody can act for somebody else unseen, and it cannot be changed afterwards."
        ),
        Seer.ADMIN,
    ),
    _rule(
        Thing.SIGN_INS, _("Your devices"),
        _("Only you see the list, and you can end each one."),
        Seer.SELF,
    ),
    _rule(
        Thing.HEALTH, _("How much waits to be sent"),
        _("Admins see how many deliveries wait, are late or failed. They are numbers; there are no names and no texts."),
        Seer.ADMIN,
    ),
)  # fmt: skip

BY_THING = {rule.thing: rule for rule in RULES}


def may_see(thing: Thing, *, viewer: User, owner: User | None = None, author: User | None = None) -> bool:
    """Whether a person may see this thing of `owner` (for sums of a post: of its `author`). What is not allowed here is not shown."""
    seers = BY_THING[thing].seers
    return (
        Seer.EVERYBODY in seers
        or (Seer.SELF in seers and owner is not None and viewer.id == owner.id)
        or (Seer.AUTHOR in seers and author is not None and viewer.id == author.id)
        or (Seer.REVIEWER in seers and Role.REVIEWER in viewer.roles)
        or (Seer.ADMIN in seers and Role.ADMIN in viewer.roles)
    )
