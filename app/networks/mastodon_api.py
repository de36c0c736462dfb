"""Talking to one Mastodon-API server: one small client, and tolerant readers for what comes back."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Unpack
from urllib.parse import urlsplit

import requests

from app.networks.calls import Options, Step, call
from app.networks.mastodon_errors import classify, decode, lost


@dataclass(frozen=True)
class Api:
    """One server at `base` ("https://social.example"), with or without somebody's token."""

    session: requests.Session = field(repr=False)
    base: str
    token: str = field(default="", repr=False)

    def send(self, method: str, path: str, *, step: Step = Step.READ, **options: Unpack[Options]) -> requests.Response:
        """One request; any status comes back, a failure of the transport or an answer from elsewhere is raised."""
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        options["headers"] = {"Accept": "application/json", **own, **options.get("headers", {})}
        response = call(self.session, method, self.base + path, step=step, **options)
        if urlsplit(response.url).netloc.lower() != urlsplit(self.base).netloc.lower():
            raise lost("redirected", "elsewhere", step)
        return response

    def ask(
        self,
        method: str,
        path: str,
        *,
        step: Step = Step.READ,
        kind: type = dict,
        **options: Unpack[Options],
    ) -> Any:
        """One request whose answer must be 2xx and JSON of a kind; everything else is raised."""
        response = self.send(method, path, step=step, **options)
        if not 200 <= response.status_code < 300:
            raise classify(response, step, secrets=(self.token,))
        return decode(response, step, kind)


def as_text(value: object, longest: int = 300) -> str:
    """A string of the server's, on one line, without control characters; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in value[: 4 * longest]).strip()[
        :longest
    ]


def as_count(value: object) -> int | None:
    """A count, or None when the server did not give one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def as_size(value: object, default: int | None) -> int | None:
    """A limit above 0, or the default."""
    return as_count(value) or default


def as_id(value: object) -> str:
    """An id fit for a path; "" for anything else."""
    found = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return found if 0 < len(found) <= 64 and found.isascii() and all(char.isalnum() or char in "_-" for char in found) else ""


def as_url(value: object) -> str:
    """An http(s) address, or ""."""
    found = as_text(value, 2000)
    try:
        return found if urlsplit(found).scheme in {"https", "http"} and urlsplit(found).hostname else ""
    except ValueError:
        return ""


def as_time(value: object) -> datetime | None:
    """An ISO 8601 moment as aware UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def part(data: object, *names: str) -> dict[str, Any]:
    """A mapping inside a mapping, {} where there is none."""
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
