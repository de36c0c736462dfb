"""Standing consents: "posts on this topic, to this account, at most so many a week, in my hours", until their owner ends them.

They are off unless a person gives one, and only for networks whose rules allow posts without a click for each.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from app import clock
from app.audit.events import record
from app.db import lock, session
from app.editorial.models import Post
from app.errors import Invalid, Missing, Stale, _
from app.notices.sentences import SENTENCES, Sentence
from app.notices.tell import tell
from app.notices.words import N_, translate
from app.people.models import LOCALES, Topic, User
from app.sharing import holding
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.consent_models import StandingConsent
from app.sharing.models import Delivery, Share
from app.sharing.networks import is_on, name_of, network

LASTS = timedelta(days=180)
MOST_A_WEEK = 7
BATCH = 200
TERMS = {
    1: N_(
        "Posts on “%(topic)s” may go out from my account %(account)s on %(network)s without a click for each: in %(language)s, at most one "
        "a week, in my sharing hours. Each one is announced to me at least two hours before, and I can stop it with one click. I am asked "
        "again after 180 days, and I can end this at any time."
    ),
    2: N_(
        "Posts on “%(topic)s” may go out from my account %(account)s on %(network)s without a click for each: in %(language)s, at most "
        "%(number)s a week, in my sharing hours. Each one is announced to me at least two hours before, and I can stop it with one click. "
        "I am asked again after 180 days, and I can end this at any time."
    ),
}
LANGUAGES = {"en": N_("English"), "de": N_("German")}
SENTENCES["consent_asks_again"] = Sentence(
    title=N_("Shall posts on “%(topic)s” go on going out from %(account)s? We plan nothing until you say so."),
    subject=N_("Still wanted? Posts on “%(topic)s” from %(account)s"),
    body=N_(
        "180 days ago you agreed that posts on “%(topic)s” go out from %(account)s by themselves. We ask from time to time whether that is "
        "still what you want, and plan nothing new until you say so.\n\nRenew it, or let it be:"
    ),
    icon="question",
)


def allows(key: str) -> bool:
    """Whether a network's rules, and our admins, allow it."""
    return is_on(key) and network(key).capabilities().standing


def offered(user: User) -> list[ConnectedAccount]:
    """The person's accounts to which they can let posts go out."""
    mine = select(ConnectedAccount).where(ConnectedAccount.user_id == user.id, ConnectedAccount.state == AccountState.CONNECTED)
    return [account for account in session.scalars(mine.order_by(ConnectedAccount.id)) if allows(account.network)]


def of(user: User) -> Sequence[StandingConsent]:
    """The person's consents that have not ended, with account and topic."""
    mine = select(StandingConsent).where(StandingConsent.user_id == user.id, StandingConsent.ended_at.is_(None))
    shown = (joinedload(StandingConsent.account), joinedload(StandingConsent.topic))
    return session.scalars(mine.options(*shown).order_by(StandingConsent.id)).all()


def draft(user: User, *, account_id: uuid.UUID, topic_id: uuid.UUID, per_week: int, language: str) -> StandingConsent:
    """What the person would agree to, not yet stored: its `terms` are the sentence to show. Raises Missing or Invalid."""
    account = next((one for one in offered(user) if one.id == account_id), None)
    if account is None:
        raise Missing(_("There is no such account, or its network does not allow this."))
    topic = session.get(Topic, topic_id)
    if topic is None or topic.retired_at is not None:
        raise Invalid(_("Choose a topic from the list."), field="topic")
    if not 1 <= per_week <= MOST_A_WEEK:
        raise Invalid(_("Choose between one and seven a week."), field="per_week")
    if language not in LOCALES:
        raise Invalid(_("Choose one of the languages."), field="language")
    said = _terms(user, account, topic, per_week, language)
    return StandingConsent(user_id=user.id, account_id=account.id, topic_id=topic.id, per_week=per_week, language=language, terms=said)


def _terms(user: User, account: ConnectedAccount, topic: Topic, per_week: int, language: str) -> str:
    """The sentence, in the person's language."""
    spoken = {"en": "en", "de": "de"}.get(user.locale, "en")
    facts = {
        "topic": topic.name(spoken),
        "account": account.handle,
        "network": translate(spoken, name_of(account.network), {}),
        "language": translate(spoken, LANGUAGES[language], {}),
        "number": per_week,
    }
    return translate(spoken, TERMS[min(per_week, 2)], facts)


def give(user: User, wanted: StandingConsent, *, read: str) -> StandingConsent:
    """Store a draft whose sentence the person has read and agreed to. Giving the same twice changes nothing.

    Raises Stale when the sentence is not the one they read, Invalid when there is one for this account and topic with other terms.
    """
    if wanted.terms != read:
        raise Stale(_("Something has changed since you read it. Please read the sentence again."))
    _lock(wanted.account_id)
    same = (StandingConsent.account_id == wanted.account_id, StandingConsent.topic_id == wanted.topic_id)
    present = session.scalars(select(StandingConsent).where(*same, StandingConsent.ended_at.is_(None))).one_or_none()
    if present is not None and present.terms == wanted.terms:
        return present
    if present is not None:
        raise Invalid(_("You have agreed to posts on this topic for this account already. End that one first."), field="topic")
    wanted.agreed_at = clock.now()
    wanted.ask_again_at = wanted.agreed_at + LASTS
    session.add(wanted)
    session.flush()
    record("agreed", "standing_consents", wanted.id, by=user.id)
    return wanted


def renew(user: User, consent_id: uuid.UUID) -> StandingConsent:
    """For 180 more days, with the sentence as it would read today. Raises Missing."""
    consent = own(user, consent_id)
    if not allows(consent.account.network) or consent.account.state != AccountState.CONNECTED:
        raise Invalid(_("Connect %(handle)s again first.", handle=consent.account.handle))
    consent.terms = _terms(user, consent.account, consent.topic, consent.per_week, consent.language)
    consent.agreed_at, consent.asked_at = clock.now(), None
    consent.ask_again_at = consent.agreed_at + LASTS
    record("renewed", "standing_consents", consent.id, by=user.id)
    return consent


def end(user: User, consent_id: uuid.UUID) -> int:
    """From now on nothing goes out by it, and what it has planned and has not left is cancelled; returns how many that were."""
    consent = own(user, consent_id)
    _lock(consent.account_id)
    lock(consent)
    if consent.ended_at is None:
        _ended(consent, by=user.id)
    waiting = _waiting(consent.id)
    for delivery in waiting:
        holding.cancel_one(delivery, by=user.id, problem="consent_ended")
    return len(waiting)


def end_all(account: ConnectedAccount, *, by: uuid.UUID | None) -> None:
    """The account is disconnected and locked: what was agreed for it does not come back with it."""
    agreed = select(StandingConsent).where(StandingConsent.account_id == account.id, StandingConsent.ended_at.is_(None))
    for consent in session.scalars(agreed.with_for_update()):
        _ended(consent, by=by)


def own(user: User, consent_id: uuid.UUID) -> StandingConsent:
    """The person's own consent; raises Missing for somebody else's, for none, and for one that has ended."""
    consent = session.get(StandingConsent, consent_id)
    if consent is None or consent.user_id != user.id or consent.ended_at is not None:
        raise Missing(_("There is no such consent, or it has ended."))
    return consent


def planned(user: User) -> Sequence[Delivery]:
    """What the person's consents have planned and has not left, the next first."""
    found = _of_consents().where(Share.user_id == user.id, ConnectedAccount.user_id == user.id)
    shown = (joinedload(Delivery.post).joinedload(Post.author), joinedload(Delivery.account))
    return session.scalars(found.options(*shown).order_by(Delivery.due_at).limit(BATCH)).all()


def ask_again(*, now: datetime) -> int:
    """Ask the owners of consents that have run out, once each, a batch at a time; returns how many were asked."""
    due = select(StandingConsent).where(StandingConsent.ended_at.is_(None), StandingConsent.ask_again_at <= now)
    due = due.where(StandingConsent.asked_at.is_(None)).order_by(StandingConsent.ask_again_at).limit(BATCH)
    found = session.scalars(due.with_for_update(skip_locked=True)).all()
    for consent in found:
        consent.asked_at = now
        owner = session.get_one(User, consent.user_id)
        facts = {"topic": consent.topic.name(owner.locale), "account": consent.account.handle}
        tell(owner.id, "consent_asks_again", facts=facts, url=f"/standing#consent-{consent.id}")
        record("asked again", "standing_consents", consent.id, by=None)
    return len(found)


def _lock(account_id: uuid.UUID) -> None:
    """Accounts are locked before their deliveries; whoever plans for a consent holds its account, too."""
    session.scalars(select(ConnectedAccount.id).where(ConnectedAccount.id == account_id).with_for_update()).one()


def _ended(consent: StandingConsent, *, by: uuid.UUID | None) -> None:
    consent.ended_at = clock.now()
    record("ended", "standing_consents", consent.id, by=by)


def _waiting(consent_id: uuid.UUID) -> Sequence[Delivery]:
    found = _of_consents().where(Share.standing_consent_id == consent_id).order_by(Delivery.id)
    return session.scalars(found.with_for_update(of=Delivery), execution_options={"populate_existing": True}).all()


def _of_consents() -> Select[Delivery]:
    """Planned deliveries that nobody clicked, by way of their accounts: the index there knows what has not left."""
    waiting = select(Delivery).join(ConnectedAccount, ConnectedAccount.id == Delivery.account_id).join(Share, Share.id == Delivery.share_id)
    return waiting.where(Delivery.state.in_(holding.WAITING), Share.standing_consent_id.is_not(None))
