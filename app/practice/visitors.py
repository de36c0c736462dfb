"""People who look at the pages: a cookie tells them apart, a second one keeps the name they practise with."""

from urllib.parse import quote, unquote, urlsplit

from flask import abort, request
from werkzeug.wrappers import Response

from app.practice.site import new_secret

_YEAR = 365 * 24 * 3600


def same_origin_only() -> None:
    """Refuse a form that another site sent in this person's name."""
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def visitor() -> str | None:
    """Who looks, if they have reacted before."""
    return request.cookies.get("visitor")


def keep_visitor(response: Response, known: str | None = None) -> str:
    """The visitor's mark; a new one travels with the response."""
    mark = known or visitor() or new_secret()
    _keep(response, "visitor", mark)
    return mark


def known_name() -> str:
    """The name that this browser used last, or ''."""
    return unquote(request.cookies.get("practice_name", ""))


def keep_name(response: Response, name: str) -> Response:
    """Remember the name for the next time."""
    _keep(response, "practice_name", quote(name.strip()))
    return response


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
