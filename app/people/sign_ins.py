"""Sign-ins: one row a device, ended by sign-out, by its owner from another device, or by deactivation."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import contains_eager

from app.audit.events import record
from app.clock import now
from app.db import session
from app.errors import Missing, _
from app.people import passwords
from app.people.models import SignIn, User

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
LISTED = 50


def token_hash(token: str) -> bytes:
    """What is kept of a token. The token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def person(email: str, password: str) -> User | None:
    """Whose e-mail and password these are: an active person, or none. Every answer takes the same work."""
    user = session.scalars(select(User).where(User.email == email.strip().lower()[:300].replace("\0", ""))).one_or_none()
    right = passwords.matches(user, password)
    return user if user is not None and right and user.is_active else None


def start(user: User, device: str) -> str:
    """Begin a sign-in on a device (its user agent); returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(SignIn(user_id=user.id, token_hash=token_hash(token), device=device[:200].replace("\0", "")))
    record("signed in", "users", user.id, by=user.id)
    return token


def find(token: str) -> SignIn | None:
    """The live sign-in of a token with its person, or none: ended, too old, or the person was deactivated."""
    present = now()
    found = session.scalars(_live(), {"hash": token_hash(token), "after": present - LIFETIME}).one_or_none()
    if found and found.seen_at < present - SEEN_EVERY:
        found.seen_at = present
    return found


@lru_cache(maxsize=1)
def _live() -> Select[SignIn]:
    """Put together once: every request asks it."""
    theirs = select(SignIn).join(SignIn.user).options(contains_eager(SignIn.user))
    fresh = SignIn.token_hash == bindparam("hash"), SignIn.seen_at > bindparam("after")
    return theirs.where(*fresh, SignIn.ended_at.is_(None), User.deactivated_at.is_(None))


def live(user: User) -> Sequence[SignIn]:
    """A person's sign-ins that have not ended, the latest seen first."""
    mine = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None), SignIn.seen_at > now() - LIFETIME)
    return session.scalars(mine.order_by(SignIn.seen_at.desc(), SignIn.id.desc()).limit(LISTED)).all()


def end(sign_in: SignIn) -> None:
    """End one sign-in."""
    sign_in.ended_at = now()


def end_one(user: User, sign_in_id: uuid.UUID) -> None:
    """End one of a person's own sign-ins; ending it twice changes nothing. Raises Missing for anybody else's."""
    found = session.get(SignIn, sign_in_id)
    if found is None or found.user_id != user.id:
        raise Missing(_("There is no such sign-in."))
    if found.ended_at is None:
        end(found)
        record("sign-in ended", "users", user.id, by=user.id)


def end_all(user: User, *, but: SignIn | None = None) -> None:
    """End all sign-ins of a person, perhaps except one."""
    others = update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    if but is not None:
        others = others.where(SignIn.id != but.id)
    session.execute(others.values(ended_at=now()))
