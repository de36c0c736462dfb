"""The home page."""

from flask import Blueprint

from app.web import EMPLOYEE, allow

bp = Blueprint("home", __name__)


@bp.get("/")
@allow(EMPLOYEE)
def page() -> str:
    """Up to five approved posts for this person, then an end."""
    return "home"
