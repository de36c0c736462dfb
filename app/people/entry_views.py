"""Letting a person in and out, and sending them only to pages of ours."""

from urllib.parse import urlsplit

from flask import g, request, session, url_for
from flask_login import current_user, login_user
from flask_login import logout_user as forget_user

from app.audit.events import record
from app.people import sign_ins
from app.people.models import User

KEPT_OF_A_STRANGER = ("locale",)


def enter(user: User) -> None:
    """Begin a sign-in on this device. Whatever the cookie held before is gone, so that nobody can prepare it for somebody else."""
    kept = {name: session[name] for name in KEPT_OF_A_STRANGER if name in session}
    leave()
    session.clear()
    session.update(kept)
    session.permanent = True
    user.sign_in_token = sign_ins.start(user, request.user_agent.string)
    login_user(user)


def leave() -> None:
    """End the sign-in of this device, if there is one; its cookie is worthless from then on."""
    present = g.sign_in if current_user.is_authenticated else None
    if present is not None and present.ended_at is None:
        sign_ins.end(present)
        record("signed out", "users", present.user_id, by=present.user_id)
    forget_user()
    session.clear()


def own_path(target: str | None) -> str:
    """The target when it is a path of this site, else the home page."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    if any(ord(char) < 32 or ord(char) == 127 for char in target):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and not parts.path.startswith("//") else "/"


def first_page(user: User, target: str | None = None) -> str:
    """Where to go after signing in: where the person was going, or the first visit."""
    wanted = own_path(target)
    return url_for("preferences.first_visit") if user.welcomed_at is None and wanted == "/" else wanted
