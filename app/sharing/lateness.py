"""How late a share may still leave when it cannot leave at its minute: its owner may say so."""

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import LazyString

from app.errors import Invalid, _

USUAL = "usual"
# The value of a form, with the time that it gives; none where the pace of the ledger says it.
CHOICES: Mapping[str, timedelta | None] = {"half_hour": timedelta(minutes=30), USUAL: None, "day": timedelta(days=1)}


def options() -> list[tuple[str, LazyString]]:
    """The choices in words, the shortest time first."""
    return [
        ("half_hour", _("after half an hour")),
        (USUAL, _("after two hours, as usual")),
        ("day", _("after a day")),
    ]


def chosen(typed: str) -> timedelta | None:
    """The time that the person gives it, none for the usual one. Raises Invalid for what is no choice."""
    if (typed or USUAL) not in CHOICES:
        raise Invalid(_("Choose from the list how late it may be. Nothing was shared, and nothing is lost."), field="late")
    return CHOICES[typed or USUAL]
