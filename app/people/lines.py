"""One line of text that a person typed: a name, an address, a topic."""

import re
import unicodedata

from app.errors import Invalid, _

LONGEST_NAME = 100
LONGEST_EMAIL = 254
# Marks that turn the direction of whatever comes after them: a name with one of these would turn the page around it.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def clean(text: str) -> str:
    """The text on one line: composed, without control characters and turning marks, white space collapsed."""
    visible = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in visible if char not in TURNING and unicodedata.category(char) != "Cs")
    return " ".join(kept.split())


def name(text: str, *, field: str, required: bool = True) -> str:
    """A cleaned name of at most 100 characters; raises Invalid."""
    cleaned = clean(text)
    if required and not cleaned:
        raise Invalid(_("This must not be empty."), field=field)
    if len(cleaned) > LONGEST_NAME:
        message = _("At most %(most)s characters fit here; this has %(given)s.", most=LONGEST_NAME, given=len(cleaned))
        raise Invalid(message, field=field)
    return cleaned


def email(text: str, *, field: str = "email") -> str:
    """An e-mail address in lower case, as it is stored; raises Invalid."""
    lowered = text.strip().lower()
    if len(lowered) > LONGEST_EMAIL or not ADDRESS.fullmatch(lowered):
        raise Invalid(_("This is not an e-mail address. It should look like name@company.com."), field=field)
    return lowered
