"""Sign-ins: one row a device, ended by sign-out, by its owner from another device, or by deactivation."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from app.clock import now
from app.db import session
from app.people.models import SignIn, User

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)


def token_hash(token: str) -> bytes:
    """What is kept of a token. The token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def start(user: User, device: str) -> str:
    """Begin a sign-in on a device (its user agent); returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(SignIn(user_id=user.id, token_hash=token_hash(token), device=device[:200]))
    return token


def find(token: str) -> SignIn | None:
    """The live sign-in of a token with its person, or none: ended, too old, or the person was deactivated."""
    present = now()
    found = session.scalars(
        select(SignIn)
        .join(SignIn.user)
        .options(contains_eager(SignIn.user))
        .where(SignIn.token_hash == token_hash(token), SignIn.ended_at.is_(None), User.deactivated_at.is_(None))
        .where(SignIn.seen_at > present - LIFETIME)
    ).one_or_none()
    if found and found.seen_at < present - SEEN_EVERY:
        found.seen_at = present
    return found


def end(sign_in: SignIn) -> None:
    """End one sign-in."""
    sign_in.ended_at = now()


def end_all(user: User, *, but: SignIn | None = None) -> None:
    """End all sign-ins of a person, perhaps except one."""
    others = update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    if but is not None:
        others = others.where(SignIn.id != but.id)
    session.execute(others.values(ended_at=now()))
