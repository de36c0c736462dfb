"""What the admin's pages share: the list of sections at the side, and reading an id out of a form."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import current_app
from werkzeug.exceptions import HTTPException

from app.errors import _

# (address, label, icon); a section whose page is not there is left out.
SECTIONS = (
    ("/admin/people", _("People"), "people"),
    ("/admin/teams", _("Teams"), "person"),
    ("/admin/topics", _("Topics"), "flag"),
    ("/admin/networks", _("Networks"), "accounts"),
    ("/admin/pace", _("Pace"), "clock"),
    ("/stops", _("Stop"), "hold"),
    ("/admin/health", _("Health"), "shield"),
    ("/admin/audit", _("Audit trail"), "clock"),
)


def sections() -> dict[str, Callable[[], Any]]:
    """Give templates `admin_sections()`."""
    return {"admin_sections": lambda: [section for section in SECTIONS if _served(section[0])]}


def _served(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return True


def identity(value: str) -> uuid.UUID | None:
    """The id in a form or an address, or none."""
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
