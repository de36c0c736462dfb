"""The redirect of the short links. It sets no cookie and keeps nothing of the person: only the count goes up."""

import re

from flask import Blueprint, Response, render_template, request

from app.sharing import short_links
from app.web import ANYONE, allow

bp = Blueprint("links", __name__)
_CODE = re.compile(r"[0-9A-Za-z]{8,32}")


@bp.get("/s/<code>")
@allow(ANYONE)
def follow(code: str) -> Response | tuple[str, int]:
    """On to the page that the post points at; an unknown code costs no write."""
    target = short_links.follow(code, counts=_is_click()) if _CODE.fullmatch(code) else None
    if target is None:
        return render_template("links/unknown.html"), 404
    response = Response(status=302)
    response.headers["Location"] = target
    response.headers["Referrer-Policy"] = "no-referrer-when-downgrade"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _is_click() -> bool:
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return short_links.is_person(method=request.method, agent=request.headers.get("User-Agent", ""), purpose=purpose)
