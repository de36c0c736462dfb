"""Signing in and out."""

from flask import Blueprint

from app.web import ANYONE, allow

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@allow(ANYONE)
def page() -> str:
    """The sign-in form."""
    return "sign in"
