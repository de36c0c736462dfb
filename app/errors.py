"""The refusals: each carries the sentence that a person will read.

A verb that cannot do what was asked raises one; the web layer rolls back and shows it, in the person's language. Messages are lazy gettext
texts made with `_()` from this module, so that verbs need not know of a request.
"""

from typing import Any

from flask_babel import LazyString, lazy_gettext


def _(message: str, **values: Any) -> LazyString:
    """Mark a sentence for translation; it is translated when it is shown."""
    return lazy_gettext(message, **values)


class Refusal(Exception):
    """What was asked cannot be done; nothing was changed."""

    status = 409

    def __init__(self, message: LazyString | str, *, field: str | None = None) -> None:
        super().__init__(str(message) if isinstance(message, str) else "refused")
        self.message = message
        self.field = field


class Invalid(Refusal):
    """The input has a mistake; `field` names where."""

    status = 422


class Forbidden(Refusal):
    """This person may not do that."""

    status = 403


class Missing(Refusal):
    """There is no such thing, or not for this person (the two look alike on purpose)."""

    status = 404


class Stale(Refusal):
    """Somebody changed it meanwhile (another tab, another person)."""

    status = 409


class TooLarge(Refusal):
    """More bytes or pixels than we take."""

    status = 413
