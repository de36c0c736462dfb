"""What all pages share: who may enter, CSRF, language, error pages, one commit per request."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import LazyString, get_locale
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

import config
from app import assets, db, languages
from app.clipped import clipped
from app.clock import now
from app.errors import Forbidden, Refusal, _
from app.people import sign_ins
from app.people.models import User
from app.templating import SharedTemplate

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent

ANYONE = "anyone"
EMPLOYEE = "employee"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, swallow_errors=True, in_memory_fallback_enabled=True)
login_manager = LoginManager()

View = TypeVar("View", bound=Callable[..., Any])


def install(app: Flask) -> None:
    """Give the application everything in this file."""
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    languages.install(app)
    login_manager.user_loader(load_user)
    app.before_request(guard)
    app.after_request(finish)
    app.teardown_appcontext(release)
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(CSRFError, show_stale_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(DataError, show_unstorable)
    app.register_error_handler(Exception, show_crash)
    app.context_processor(page_values)
    app.jinja_env.globals.update(assets.JINJA_GLOBALS, now=now, csrf_token=csrf_token)
    app.jinja_env.filters["clipped"] = clipped
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.template_class = SharedTemplate


def allow(*who: str) -> Callable[[View], View]:
    """Name who may enter a page: "anyone", "employee" (everyone signed in), or roles of which one is enough."""

    def mark(view: View) -> View:
        view.allowed = frozenset(who)  # type: ignore[attr-defined]
        return view

    return mark


def guard() -> AnyResponse | None:
    """Before every request: turn away who may not enter."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    allowed = getattr(_view_function(), "allowed", None)
    if allowed is None:
        raise RuntimeError(f"{request.endpoint} does not say who may enter")
    if ANYONE in allowed:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if EMPLOYEE in allowed or any(role in current_user.roles for role in allowed):
        return None
    raise Forbidden(_("This page is for other roles. Ask an admin if you think you should see it."))


def _view_function() -> Callable[..., object]:
    return current_app.view_functions[request.endpoint or ""]


def _to_sign_in() -> AnyResponse:
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = url_for("sign_in.page", next=here) if here != "/" else url_for("sign_in.page")
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target)


def load_user(token: str) -> User | None:
    """The person behind a sign-in token, or none when that sign-in has ended."""
    sign_in = sign_ins.find(token)
    if sign_in is None:
        return None
    g.sign_in = sign_in
    sign_in.user.sign_in_token = token
    return sign_in.user


def me() -> User:
    """The person who is signed in, as a row of this request's session."""
    user: User = current_user._get_current_object()
    return user


def page_values() -> dict[str, Any]:
    """What every template may use."""
    settings = config.settings()
    logo = assets.logo(settings.logo_path)
    return {
        "company": settings.company,
        "company_logo": f"/logo?v={logo.version}" if logo else "",
        "accent_class": assets.accent_class(settings.accent),
        "locale": str(get_locale() or "en"),
        "dev": settings.developer_pages,
    }


def csrf_token() -> str:
    """The token of this request's forms; made once, since a page may have twenty."""
    made: str = g.get("csrf_token") or generate_csrf()
    return made


def fragment() -> bool:
    """Whether htmx asks for a piece of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def finish(response: Response) -> Response:
    """After every request: commit what succeeded, undo what did not, and set the headers."""
    if response.status_code < 400:
        db.commit()
    else:
        db.rollback()
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if config.settings().secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def release(_error: BaseException | None) -> None:
    """Give the connection back; whatever was not committed is undone."""
    db.session.remove()


def show_error(status: int, message: LazyString | str) -> tuple[str, int, dict[str, str]]:
    """An error as a page, or as a toast for htmx."""
    db.rollback()
    if fragment():
        page = render_template("errors/fragment.html", status=status, message=message)
        return page, status, {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"}
    return render_template("errors/error.html", status=status, message=message, before=page_before()), status, {}


def page_before() -> str:
    """The page of ours from which this was sent, so that one click opens it again as it is now; empty when there is none."""
    sent_from = request.referrer or ""
    if request.method == "GET" or not sent_from.startswith(request.host_url):
        return ""
    addresses = current_app.create_url_adapter(request)
    return sent_from if addresses and addresses.test(urlsplit(sent_from).path, method="GET") else ""


def show_refusal(error: Refusal) -> tuple[str, int, dict[str, str]]:
    """A verb said no: its sentence is for the person."""
    return show_error(error.status, error.message)


def show_stale_form(_error: CSRFError) -> tuple[str, int, dict[str, str]]:
    """The form is older than the sign-in, or comes from somewhere else."""
    return show_error(400, _("This form was open for too long or in another sign-in. Go back, reload the page and send it again."))


HTTP_SENTENCES = {
    404: _("There is nothing at this address, or it is not for you to see."),
    405: _("This address does not take that kind of request. Go back and use the buttons on the page."),
    413: _("That is more than we can take: files may have up to 20 MB. Choose a smaller one; everything else is still there."),
    429: _("That was a lot in a short time. Wait a minute and try again."),
}


def show_http_error(error: HTTPException) -> AnyResponse | tuple[str, int, dict[str, str]]:
    """Flask's own errors, in our words."""
    if error.code is None or error.code < 400:
        return error.get_response()
    sentence = HTTP_SENTENCES.get(error.code, _("That request could not be understood. Go back, reload the page and try again."))
    return show_error(error.code, sentence)


def show_unstorable(_error: DataError) -> tuple[str, int, dict[str, str]]:
    """Something was sent that no text can hold, a NUL byte for one: browsers do not do that by themselves."""
    return show_error(422, _("There are characters in it that cannot be kept. Take them out and send it again."))


def show_crash(_error: Exception) -> tuple[str, int, dict[str, str]]:
    """A mistake of ours: logged in full, told in one sentence."""
    log.exception("%s %s failed", request.method, request.path)
    return show_error(500, _("Something went wrong on our side. What you had saved is safe. Try again; if it stays, tell your admin."))
