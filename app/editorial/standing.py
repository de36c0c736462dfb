"""Where a proposal stands, in words."""

from datetime import datetime, timedelta

from flask_babel import LazyString, format_date, format_datetime, format_time, lazy_ngettext, to_user_timezone

from app.clock import now
from app.editorial import proposals
from app.editorial.models import Post, Proposal
from app.errors import _

PLACES = {1: _("Next in line"), 2: _("Second in line"), 3: _("Third in line")}

STATES = {
    "draft": _("Only you can see it."),
    "changes_requested": _("It is with you: look at the remarks, then send it again."),
    "declined": _("It was not taken this time. The reason stands below, and only you can read it."),
    "withdrawn": _("You took it back. You can go on with it whenever you like."),
}


def words(proposal: Proposal, place: int | None, post: Post | None = None) -> LazyString | str:
    """One sentence: "Second in line, answer expected by tomorrow, 12:00". `post` is what came of an approved one."""
    if post is not None:
        return _approved(post)
    due = proposals.expected(proposal)
    if due is None:
        return STATES.get(proposal.state, "")
    line = in_line(place or 1)
    if due < now():
        return _("%(place)s. The answer is late; the reviewers know.", place=line)
    return _("%(place)s, answer expected by %(time)s", place=line, time=by(due))


def can_be_shared(post: Post) -> bool:
    """Whether colleagues see it at this moment."""
    return post.state == "live" and post.share_from <= now() < post.share_until


def _approved(post: Post) -> LazyString:
    if can_be_shared(post):
        return _("Your colleagues can share it until %(day)s.", day=format_date(post.share_until, "long"))
    if post.state == "withdrawn":
        return _("It was approved, and withdrawn later. Nobody can share it any more.")
    if post.share_from > now():
        return _("Your colleagues can share it from %(day)s on.", day=format_date(post.share_from, "long"))
    return _("Its time is over, so nobody can share it any more.")


def in_line(place: int) -> LazyString:
    """A place in the queue."""
    return PLACES.get(place) or lazy_ngettext("%(num)s proposal is before yours", "%(num)s proposals are before yours", place - 1)


def by(moment: datetime) -> LazyString:
    """A moment within the next days, as people say it, in the reader's zone."""
    local, today = to_user_timezone(moment), to_user_timezone(now()).date()
    time = format_time(moment, "short")
    if local.date() == today:
        return _("today, %(time)s", time=time)
    if local.date() == today + timedelta(days=1):
        return _("tomorrow, %(time)s", time=time)
    return _("%(day)s, %(time)s", day=format_datetime(moment, "EEEE"), time=time)
