"""The rulebook's pages share one blueprint."""

from typing import Any

from flask import Blueprint, abort
from flask_login import current_user
from werkzeug.local import LocalProxy

from app import shell
from app.guidelines import acknowledgements, rulebook
from app.guidelines.acknowledgements import Pending
from app.guidelines.models import Severity

bp = Blueprint("guidelines", __name__)


@bp.app_context_processor
def for_every_page() -> dict[str, Any]:
    """`rulebook_pending` for the quiet banner; it asks the database only where a template looks at it, and once per request."""
    return {"rulebook_pending": LocalProxy(pending)}


@bp.context_processor
def for_our_pages() -> dict[str, Any]:
    """The names of the severities."""
    return {"Severity": Severity}


def pending() -> Pending | None:
    """What the person who is signed in has not acknowledged yet."""
    if not current_user.is_authenticated:
        return None
    present, read = (shell.number(name, current_user.id) for name in ("rulebook_edition", "rulebook_read"))
    return acknowledgements.waits(present, read)


shell.NUMBERS["rulebook_edition"] = acknowledgements.newest
shell.NUMBERS["rulebook_read"] = acknowledgements.newest_read


def number_or_404(code: str) -> int:
    """The number of a rule in an address; no page for anything else."""
    number = rulebook.number_of(code)
    if number is None:
        abort(404)
    return number
