"""A company in which every page has something to show: the demo company, with shares in every state."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, update

from app import demo
from app.clock import now
from app.db import session, transaction
from app.demo.company import email
from app.editorial import content as contents
from app.editorial import drafts, posts, proposals
from app.editorial.models import Post, Proposal
from app.notices.models import Mail
from app.notices.tell import tell
from app.people import tickets
from app.people.models import Team, TicketKind, Topic, User
from app.sharing import connections, consents, hand_shares, hours, stops
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, DeliveryState
from tests.browser import people
from tests.browser.running import Running
from tests.sharing import builders as sharing


def furnish(running: Running, locale: str) -> SimpleNamespace:
    """Load it, everybody speaking this language; returns the addresses' blanks."""
    demo.load()
    with transaction():
        session.execute(update(User).values(locale=locale))
    emil, nora = _person("emil"), people.person("Nora", invited=True, locale=locale)
    people.rulebook(emil)
    people.account(emil, running)
    _share_everything(emil, running)
    return _blanks(emil, nora)


def _person(name: str) -> User:
    return session.scalars(select(User).where(User.email == email(name)).execution_options(populate_existing=True)).one()


def _share_everything(emil: User, running: Running) -> None:
    """One share in each state; none of them is due, so no worker moves it."""
    [account] = session.scalars(select(ConnectedAccount).where(ConnectedAccount.user_id == emil.id))
    posts = session.scalars(select(Post).where(Post.state == "live").order_by(Post.id)).all()
    for state, post in zip(DeliveryState, posts, strict=False):
        made = sharing.share(emil, post, account, at=now() + timedelta(days=2))
        session.flush()
        _put(sharing.delivery(made), state.value)
    tell(emil.id, "delivery_failed", facts={"title": "Cold seals", "network": "LinkedIn"}, url="/shares")
    session.commit()


def _put(row: Delivery, state: str) -> None:
    row.state, row.due_at, row.leased_until = state, now() + timedelta(days=2), now() + timedelta(days=2)
    row.lease, row.sent_at, row.looks = uuid.uuid4(), now(), 99
    row.remote_id, row.remote_url, row.published_at = uuid.uuid4().hex, "https://social.example/@emil/1", now()
    row.problem = {"failed": "too_long", "held": "network_off", "skipped": "too_late", "removed": None}.get(state)
    row.counts = {"likes": 12, "reposts": 3, "comments": 1}


def _blanks(emil: User, nora: User) -> SimpleNamespace:
    edda = _person("edda")
    found: dict[str, Any] = {state: _proposal(state, edda) for state in ("draft", "submitted", "changes_requested", "approved")}
    post = session.scalars(select(Post).where(Post.state == "live").order_by(Post.id.desc())).first()
    assert post is not None
    hand = hand_shares.begin(emil, post, network="linkedin", language=post.content["language"], click="one click")
    planned = _planned(emil)
    withdrawn = _withdrawn(emil, _person("ravi"))
    _revise(edda, found["submitted"])
    found |= {
        "post": post,
        "withdrawn": withdrawn,
        "hand": hand,
        "planned": planned,
        "account": planned.account,
        "delivery": session.scalars(select(Delivery).where(Delivery.user_id == emil.id, Delivery.state == "unconfirmed")).one(),
        "pending": connections.begin(emil, "practice"),
        "person": nora,
        "team": session.scalars(select(Team)).first(),
        "topic": session.scalars(select(Topic)).first(),
        "welcome": tickets.issue(nora, TicketKind.INVITATION).rpartition("/")[2],
        "reset": tickets.issue(edda, TicketKind.RESET).rpartition("/")[2],
        "mail": session.scalars(select(Mail)).first(),
    }
    session.commit()
    return SimpleNamespace(**found)


def _planned(emil: User) -> Delivery:
    """Emil has a standing consent that has planned something, another one that asks again, and the company a day off."""
    account = sharing.plain_account(emil, is_default=False)
    post = session.scalars(select(Post).where(Post.state == "live", Post.author_id != emil.id).order_by(Post.id)).first()
    assert post is not None
    other = session.scalars(select(Topic).where(Topic.id != post.topic_id, Topic.retired_at.is_(None))).first()
    assert other is not None
    for topic_id in (post.topic_id, other.id):
        facts = {"per_week": 2, "language": post.content["language"]}
        wanted = consents.draft(emil, account_id=account.id, topic_id=topic_id, **facts)
        given = consents.give(emil, wanted, read=wanted.terms)
    given.ask_again_at = now() - timedelta(days=1)
    sharing.plan_for_all(post)
    hours.add_day_off(now().date() + timedelta(days=40), "Company party", by=emil.id)
    session.flush()
    return session.scalars(select(Delivery).where(Delivery.post_id == post.id, Delivery.account_id == account.id)).one()


def _withdrawn(emil: User, ravi: User) -> Post:
    """The post of which Emil has a published copy is withdrawn; one stop holds, another is over."""
    published = select(Delivery).where(Delivery.user_id == emil.id, Delivery.state == "published")
    post = session.scalars(published).one().post
    posts.withdraw(post, ravi, reason="One of the figures was wrong.")
    stops.stop(ravi, scope="network", subject="practice", reason="The practice network has an outage.")
    stops.resume(ravi, stops.stop(ravi, scope="everything", reason="We waited for a word from the lawyers.").id)
    return post


def _proposal(state: str, author: User) -> Proposal:
    return session.scalars(select(Proposal).where(Proposal.state == state, Proposal.author_id == author.id).limit(1)).one()


def _revise(author: User, proposal: Proposal) -> None:
    """A second revision, so that there is something to compare."""
    proposals.withdraw(author, proposal.id)
    drafts.take_up(author, proposal.id)
    content = contents.of(proposal.draft)
    language = content["language"]
    changed = content | {"texts": {**content["texts"], language: f"{content['texts'][language]} And one word more."}}
    saved = drafts.save(author, proposal.id, changed, drafts.Window(proposal.draft_version, "one"))
    proposals.submit(author, proposal.id, basis=saved.draft_version)
