"""Passwords: Argon2id, one rule (long enough), and the same work whether or not somebody exists."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.errors import Invalid, _
from app.people.models import User

SHORTEST = 12
LONGEST = 200
# One of OWASP's choices (Password Storage Cheat Sheet, Argon2id): little memory, so that a morning's rush fits a small machine.
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def check(password: str, *, email: str) -> None:
    """Raise Invalid unless the password is long enough and not the e-mail address."""
    if len(_same(password)) < SHORTEST:
        message = _("Use at least %(shortest)s characters. A few words in a row are easy to remember.", shortest=SHORTEST)
        raise Invalid(message, field="password")
    if len(_same(password)) > LONGEST:
        raise Invalid(_("Use at most %(longest)s characters.", longest=LONGEST), field="password")
    if _same(password).casefold().strip() == email.casefold() or len(set(password)) < 4:
        raise Invalid(_("This is too easy to guess. A few words in a row are easy to remember."), field="password")


def keep(user: User, password: str) -> None:
    """Give a person this password; raises Invalid when it is too weak."""
    check(password, email=user.email)
    user.password_hash = hasher.hash(_same(password))


def matches(user: User | None, password: str) -> bool:
    """Whether this is the person's password. Nobody, or somebody without one, costs the same time and is never right.

    A hash made with older parameters is renewed on the way.
    """
    known = user.password_hash if user is not None else None
    right = _verified(known or _nobodys_hash(), password[: 4 * LONGEST]) and known is not None
    if right and user is not None and hasher.check_needs_rehash(known or ""):
        user.password_hash = hasher.hash(_same(password))
    return right


def _verified(hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, _same(password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hasher.hash("nobody has this password")


def _same(password: str) -> str:
    """The same password from every keyboard: an umlaut may arrive as one character or as two."""
    return unicodedata.normalize("NFKC", password)
