"""The redirect of the short links. It sets no cookie and keeps nothing of the person: only the count goes up.

`ahead` puts the quick way in front of the application; what that hands on comes here.
"""

from collections.abc import Callable
from time import monotonic

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

import config
from app.people.models import LOCALES
from app.sharing import short_links
from app.sharing.clicks import Clicks
from app.sharing.redirects import Headers, Page, Redirects
from app.web import ANYONE, allow

bp = Blueprint("links", __name__)
NOWHERE = "/s/-"
PAGE_SECONDS = 60.0
_LANGUAGES_READ = 200


@bp.get("/s/<code>")
@allow(ANYONE)
def follow(code: str) -> Response | tuple[str, int]:
    """On to the page that the post points at; an unknown code costs no write."""
    target = short_links.follow(code, counts=_is_click()) if short_links.WELL_FORMED.fullmatch(code) else None
    if target is None:
        return render_template("links/unknown.html"), 404
    return _onward(target)


def _onward(target: str) -> Response:
    response = Response(status=302)
    response.headers["Location"] = target
    response.headers["Referrer-Policy"] = "no-referrer-when-downgrade"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _is_click() -> bool:
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return short_links.is_person(method=request.method, agent=request.headers.get("User-Agent", ""), purpose=purpose)


def ahead(app: Flask) -> Redirects:
    """The application with the quick redirect in front of it; both say the same."""
    clicks = Clicks(exact=config.settings().exact_clicks)
    return Redirects(app, headers=_headers(app), unknown=_unknown_page(app), clicks=clicks)


def _headers(app: Flask) -> Headers:
    """What goes with every redirect, as the application itself sets it."""
    with app.test_request_context(NOWHERE):
        response = app.process_response(_onward("https://example.com/"))
        return [(name, value) for name, value in response.get_wsgi_headers(request.environ) if name != "Location"]


def _unknown_page(app: Flask) -> Callable[[str], Page]:
    """The page for links that do not exist, made once a minute in each language."""
    pages: dict[str, tuple[Page, float]] = {}

    def page(accepted: str) -> Page:
        language = parse_accept_header(accepted[:_LANGUAGES_READ], LanguageAccept).best_match(LOCALES, "en")
        kept = pages.get(language)
        if kept is None or kept[1] < monotonic():
            kept = pages[language] = _render(app, language), monotonic() + PAGE_SECONDS
        return kept[0]

    return page


def _render(app: Flask, language: str) -> Page:
    with app.test_request_context(NOWHERE, headers={"Accept-Language": language}):
        response = app.full_dispatch_request()
        return Page(response.status, response.get_wsgi_headers(request.environ).to_wsgi_list(), response.get_data())
