"""OAuth as Mastodon speaks it: apps register, people allow, codes become tokens."""

import sqlite3
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlencode, urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.practice import accounts, entities, grants
from app.practice.callers import fields, pace
from app.practice.errors import Wrong, refuse
from app.practice.site import here
from app.practice.visitors import keep_name, known_name, same_origin_only
from app.practice.wording import language

blueprint = Blueprint("oauth", __name__)
api = Blueprint("apps", __name__, url_prefix="/api/v1")
pace(api)


@api.post("/apps")
def register() -> Response:
    """Register an app; `redirect_uris` is a list or a string with one on each line."""
    sent = fields()
    uris = sent.get("redirect_uris") or ()
    with here().storage.opened() as db:
        app = grants.register_app(
            db,
            here(),
            name=str(sent.get("client_name") or ""),
            redirect_uris=uris.split() if isinstance(uris, str) else [str(uri) for uri in uris],
            scopes=str(sent.get("scopes") or "read"),
            website=sent.get("website"),
        )
    return jsonify(
        id=str(app["id"]),
        name=app["name"],
        website=app["website"],
        scopes=app["scopes"].split(),
        redirect_uri=app["redirect_uris"],
        redirect_uris=app["redirect_uris"].split("\n"),
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        client_secret_expires_at=0,
    )


@dataclass(frozen=True)
class Ask:
    """What an app asks a person for."""

    app: sqlite3.Row
    redirect_uri: str
    scopes: str
    state: str | None
    challenge: str | None

    def answer(self, **values: str | None) -> str:
        """The address to send the person back to, with these values and the state."""
        query = urlencode({k: v for k, v in {**values, "state": self.state}.items() if v is not None})
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}"


def _asked(db: sqlite3.Connection) -> Ask:
    asked = request.values
    app = grants.app_by_client_id(db, asked.get("client_id", "")) or refuse(401, "invalid_client")
    redirect_uri, scopes = asked.get("redirect_uri", ""), asked.get("scope") or "read"
    if redirect_uri not in app["redirect_uris"].split("\n"):
        refuse(400, "invalid_redirect_uri")
    if asked.get("response_type") != "code":
        refuse(400, "unsupported_response_type")
    if not set(scopes.split()) <= set(app["scopes"].split()):
        refuse(400, "invalid_scope")
    challenge = asked.get("code_challenge")
    if challenge is not None and asked.get("code_challenge_method") != "S256":
        refuse(400, "invalid_code_challenge_method")
    return Ask(app, redirect_uri, scopes, asked.get("state"), challenge)


@blueprint.get("/oauth/authorize")
def ask() -> ResponseReturnValue:
    """Show the person which app wants what."""
    try:
        with here().storage.opened() as db:
            asked = _asked(db)
    except Wrong as wrong:
        return render_template("message.html", status=wrong.status, reason=wrong.error), wrong.status
    return _page(asked)


def _page(asked: Ask, mistake: str | None = None) -> ResponseReturnValue:
    name = request.form.get("name") or known_name()
    page = make_response(render_template("authorize.html", ask=asked, name=name, mistake=mistake, sent=request.values))
    back = urlsplit(asked.redirect_uri)
    page.headers["X-Form-Action"] = f"{back.scheme}://{back.netloc}"
    return page, 422 if mistake else 200


@blueprint.post("/oauth/authorize")
def decide() -> ResponseReturnValue:
    """Send the person back with a code, or with their no."""
    same_origin_only()
    name = request.form.get("name", "")
    try:
        with here().storage.opened() as db:
            asked = _asked(db)
            if request.form.get("decision") != "allow":
                return redirect(
                    asked.answer(
                        error="access_denied",
                        error_description="The resource owner or authorization server denied the request.",
                    )
                )
            if not accounts.username_of(name) or len(name) > accounts.NAME_LIMIT:
                return _page(asked, mistake="name_mistake")
            code = _code(db, asked, name)
    except Wrong as wrong:
        return render_template("message.html", status=wrong.status, reason=wrong.error), wrong.status
    return keep_name(redirect(asked.answer(code=code)), name)


def _code(db: sqlite3.Connection, asked: Ask, name: str) -> str:
    account = accounts.named(db, here(), name, language())
    return grants.issue_code(
        db,
        here(),
        app_id=asked.app["id"],
        account_id=account["id"],
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        challenge=asked.challenge,
    )


@blueprint.post("/oauth/token")
def token() -> Response:
    """Turn a code or a refresh token into a token."""
    sent = fields()
    with here().storage.opened() as db:
        match sent.get("grant_type"):
            case "authorization_code":
                code, redirect_uri = _required(sent, "code"), _required(sent, "redirect_uri")
                verifier = str(sent.get("code_verifier") or "")
                row = grants.redeem_code(db, here(), app=_client(db, sent), code=code, redirect_uri=redirect_uri, verifier=verifier)
            case "refresh_token":
                row = grants.refresh(db, here(), app=_client(db, sent), refresh_token=_required(sent, "refresh_token"))
            case None:
                _required(sent, "grant_type")
            case _:
                refuse(
                    400,
                    "unsupported_grant_type",
                    "The authorization grant type is not supported by the authorization server.",
                )
    response = jsonify(token_entity(row))
    response.headers["Cache-Control"] = "no-store"
    return response


def token_entity(row: sqlite3.Row) -> entities.Json:
    """A Token; it has an end and a refresh token only when the switch says so."""
    body = {
        "access_token": row["access_token"],
        "token_type": "Bearer",
        "scope": row["scopes"],
        "created_at": int(row["created_at"]),
    }
    if row["expires_at"] is not None:
        body |= {"expires_in": int(row["expires_at"] - row["created_at"]), "refresh_token": row["refresh_token"]}
    return body


def _required(sent: entities.Json, name: str) -> str:
    if not sent.get(name):
        refuse(400, "invalid_request", f"Missing required parameter: {name}.")
    return str(sent[name])


def _client(db: sqlite3.Connection, sent: entities.Json) -> sqlite3.Row:
    """The app, by Basic authentication or by the fields of the body."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return grants.trusted_app(db, str(sent.get("client_id") or ""), str(sent.get("client_secret") or ""))
    try:
        client_id, _, secret = b64decode(value).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        client_id = secret = ""
    return grants.trusted_app(db, unquote_plus(client_id), unquote_plus(secret))


@blueprint.post("/oauth/revoke")
def revoke() -> Response:
    """End a token; repeating it is fine."""
    sent = fields()
    with here().storage.opened() as db:
        grants.revoke(db, here(), app=_client(db, sent), token=_required(sent, "token"))
    return jsonify({})


blueprint.register_blueprint(api)
