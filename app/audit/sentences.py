"""Events in words. An event that has no sentence here still gets one, made of its own verb and subject."""

from collections.abc import Mapping
from typing import Any

from app.audit.models import Event
from app.errors import _
from app.german import with_article

SUBJECTS = {
    "users": _("People"),
    "teams": _("Teams"),
    "topics": _("Topics"),
    "guidelines": _("Guidelines"),
    "rulebook": _("Acknowledgements"),
    "proposals": _("Proposals"),
    "remarks": _("Remarks"),
    "posts": _("Posts"),
    "link_previews": _("Link previews"),
    "connected_accounts": _("Connected accounts"),
    "networks": _("Networks"),
    "shares": _("Shares"),
    "hand_shares": _("Shares by hand"),
    "deliveries": _("Deliveries"),
    "stops": _("Stops"),
    "days_off": _("Days off"),
    "standing_consents": _("Standing consents"),
}

SENTENCES = {
    ("users", "signed in"): _("%(who)s signed in."),
    ("users", "signed out"): _("%(who)s signed out."),
    ("users", "sign-in ended"): _("%(who)s ended a sign-in on another device."),
    ("users", "invited"): _("%(who)s invited %(whom)s."),
    ("users", "invitation sent again"): _("%(who)s sent %(whom)s the invitation again."),
    ("users", "invitation accepted"): _("%(who)s accepted the invitation."),
    ("users", "roles changed"): _("%(who)s changed the roles of %(whom)s."),
    ("users", "team changed"): _("%(who)s moved %(whom)s to another team."),
    ("users", "deactivated"): _("%(who)s deactivated %(whom)s."),
    ("users", "reactivated"): _("%(who)s let %(whom)s in again."),
    ("users", "password changed"): _("%(who)s changed their password."),
    ("users", "password reset"): _("%(who)s set a new password with a link from a mail."),
    ("users", "reset asked"): _("Somebody asked for a new password for %(whom)s."),
    ("users", "made admin by command"): _("%(whom)s was made an admin on the server."),
    ("teams", "team added"): _("%(who)s made a team."),
    ("teams", "team renamed"): _("%(who)s renamed a team."),
    ("teams", "team closed"): _("%(who)s closed a team."),
    ("topics", "topic added"): _("%(who)s made a topic."),
    ("topics", "topic renamed"): _("%(who)s renamed a topic."),
    ("topics", "topic retired"): _("%(who)s retired a topic."),
    ("topics", "topic brought back"): _("%(who)s brought a topic back."),
    ("guidelines", "added"): _("%(who)s added the rule %(code)s."),
    ("guidelines", "changed"): _("%(who)s changed a rule; it is now %(code)s."),
    ("guidelines", "retired"): _("%(who)s retired the rule %(code)s."),
    ("guidelines", "reinstated"): _("%(who)s put the rule %(code)s in force again."),
    ("rulebook", "acknowledged"): _("%(who)s read the guidelines."),
    ("proposals", "started"): _("%(who)s started a proposal."),
    ("proposals", "draft"): _("%(who)s took a proposal back to go on writing."),
    ("proposals", "submitted"): _("%(who)s handed in a proposal."),
    ("proposals", "withdrawn"): _("%(who)s withdrew a proposal."),
    ("proposals", "reviewed"): _("%(who)s reviewed a proposal."),
    ("proposals", "approved"): _("%(who)s approved a proposal."),
    ("proposals", "changes_requested"): _("%(who)s asked for changes to a proposal."),
    ("proposals", "declined"): _("%(who)s declined a proposal."),
    ("proposals", "reworded"): _("%(who)s accepted a suggested wording."),
    ("proposals", "claimed"): _("%(who)s took a proposal to review it."),
    ("proposals", "released"): _("%(who)s gave a proposal back to the queue."),
    ("remarks", "accepted"): _("%(who)s accepted a remark."),
    ("remarks", "answered"): _("%(who)s answered a remark."),
    ("posts", "frozen"): _("A post was made from an approved proposal; %(who)s had approved it."),
    ("posts", "withdrawn"): _("%(who)s withdrew a post."),
    ("connected_accounts", "connected"): _("%(who)s connected an account."),
    ("connected_accounts", "reconnected"): _("%(who)s connected an account again."),
    ("connected_accounts", "disconnected"): _("%(who)s disconnected an account; its tokens were wiped."),
    ("connected_accounts", "needs_reconnect"): _("A network no longer accepts an account; its owner was told."),
    ("networks", "switched on"): _("%(who)s switched on %(network)s."),
    ("networks", "switched off"): _("%(who)s switched off %(network)s."),
    ("networks", "caps changed"): _("%(who)s changed how much one person may publish on %(network)s."),
    ("days_off", "day off added"): _("%(who)s added a day off to the company's list."),
    ("days_off", "day off removed"): _("%(who)s took a day off from the company's list."),
    ("standing_consents", "agreed"): _("%(who)s agreed that posts on a topic go out by themselves."),
    ("standing_consents", "renewed"): _("%(who)s renewed a standing consent."),
    ("standing_consents", "ended"): _("%(who)s ended a standing consent."),
    ("standing_consents", "asked again"): _("A standing consent has to be renewed; its owner was asked."),
    ("shares", "planned"): _("A share was planned by a standing consent of %(who)s."),
    ("shares", "shared"): _("%(who)s shared a post."),
    ("hand_shares", "opened by hand"): _("%(who)s opened a post to share it by hand."),
    ("hand_shares", "confirmed by hand"): _("%(who)s said that they shared a post by hand."),
    ("deliveries", "queued"): _("A delivery went back into the queue."),
    ("deliveries", "sending"): _("A delivery is on its way."),
    ("deliveries", "published"): _("A delivery was published."),
    ("deliveries", "failed"): _("A delivery did not go out."),
    ("deliveries", "unconfirmed"): _("It is not known whether a delivery arrived; we look."),
    ("deliveries", "held"): _("A delivery was held."),
    ("deliveries", "skipped"): _("A delivery was left out."),
    ("deliveries", "cancelled"): _("%(who)s cancelled a delivery."),
    ("deliveries", "removal asked"): _("%(who)s asked to take a share back."),
    ("deliveries", "removed"): _("A share was taken back."),
    ("deliveries", "left"): _("%(who)s leaves a share as it is."),
    ("deliveries", "kept"): _("%(who)s answered for their copy of a post that was withdrawn."),
    ("hand_shares", "removed by hand"): _("%(who)s said that they deleted a share by hand."),
    ("posts", "reminded"): _("%(who)s reminded those who have copies of a withdrawn post."),
    ("stops", "stopped"): _("%(who)s stopped sharing."),
    ("stops", "resumed"): _("%(who)s let sharing go on."),
}

FACTS = {
    "was": _("Before"),
    "now": _("After"),
    "roles": _("Roles"),
    "name": _("Name"),
    "moved": _("People moved"),
    "en": _("English"),
    "de": _("German"),
    "code": _("Rule"),
    "edition": _("Edition"),
    "revision": _("Revision"),
    "decision": _("Decision"),
    "reason": _("Reason"),
    "network": _("Network"),
    "host": _("Server"),
    "problem": _("Reason code"),
    "proven": _("Found out"),
    "late": _("Late"),
    "accounts": _("Accounts"),
    "scope": _("What"),
    "people": _("People"),
}
VALUES = {
    "expert": _("expert"),
    "reviewer": _("reviewer"),
    "admin": _("admin"),
    "draft": _("draft"),
    "submitted": _("submitted"),
    "changes_requested": _("changes requested"),
    "approved": _("approved"),
    "declined": _("declined"),
    "withdrawn": _("withdrawn"),
    "live": _("can be shared"),
    "queued": _("queued"),
    "sending": _("sending"),
    "published": _("published"),
    "failed": _("failed"),
    "unconfirmed": _("unconfirmed"),
    "held": _("held"),
    "cancelled": _("cancelled"),
    "skipped": _("left out"),
    "removed": _("taken back"),
    "never_known": _("nobody could tell whether it arrived"),
    "everything": _("everything"),
    "network": _("one network"),
    "topic": _("one topic"),
    "post": _("one post"),
}
# The names of networks and of the ways to share by hand, by key; the room that knows more of them adds them.
NETWORKS: dict[str, Any] = {
    "practice": _("Practice network"),
    "Practice network": _("Practice network"),  # as the trail keeps it, whoever reads it
}
UNSAID = frozenset({"hash", "post", "topic", "remark", "to", "remote_id", "draft_version"})
LONGEST = 120


def sentence(event: Event, names: Mapping[Any, str]) -> str:
    """What happened, as one sentence."""
    values = {
        "who": names.get(event.actor_id, _("somebody who is gone")) if event.actor_id else _("Outspoken"),
        "whom": names.get(event.subject_id, _("somebody")),
        "code": event.facts.get("code", "?"),
        "network": _network(event.facts.get("network", "?")),
    }
    known = SENTENCES.get((event.subject, event.verb))
    if known is not None:
        return with_article(str(known) % values)
    subject = SUBJECTS.get(event.subject, event.subject.replace("_", " "))
    return f"{values['who']}: {event.verb.replace('_', ' ')} ({subject})"


def facts(event: Event) -> list[tuple[object, str]]:
    """The details that help a person, tidy: names for the keys, no ids, nothing endless."""
    said = ((key, value) for key, value in event.facts.items() if _said(event, key, value))
    return [(FACTS.get(key, key.replace("_", " ")), _network(value) if key == "network" else _plain(value)) for key, value in said]


def _said(event: Event, key: str, value: Any) -> bool:
    """A state that a move left is in the sentence's own words already, and so are rules and networks."""
    if key in UNSAID or value in (None, "", [], {}):
        return False
    return not (key in ("code", "network") and f"%({key})s" in str(SENTENCES.get((event.subject, event.verb), "")))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        ids = all(isinstance(one, str) and len(one) == 36 and one.count("-") == 4 for one in value)
        text = str(len(value)) if ids else ", ".join(map(_word, value))
    else:
        text = _word(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _word(value: Any) -> str:
    """A state or a role in the reader's words, anything else as it stands."""
    return str(VALUES.get(value, value.replace("_", " "))) if isinstance(value, str) else str(value)


def _network(key: Any) -> str:
    """How people call a network, in the reader's language where it is a word."""
    return str(NETWORKS.get(key, key))
