"""What all networks with OAuth 2's code flow share, on requests-oauthlib.

State and PKCE are ours, because the callback is another request and maybe another process. The library insists on https; for a
host that the operator allows to speak http, it is shown https addresses and the session turns them back just before they leave,
so that no switch of the whole process is touched.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session

from app.networks.access import AppCredentials, TokenSet
from app.networks.calls import TRANSPORT_ERRORS, Step, call, transport_fault
from app.networks.clock import utc_now
from app.networks.faults import Ambiguous, Config, NetworkFault, Reauth, Retryable
from app.networks.http import CheckedSession, Http

for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)

ResponseCheck = Callable[[requests.Response], None]
GRANTED = "granted_scope"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a server does OAuth, whether it takes PKCE with S256, and the scopes it offers, as far as it says."""

    authorize: str
    token: str
    revoke: str = ""
    pkce: bool = False
    issuer: str = ""
    scopes: tuple[str, ...] = ()


class _OAuthSession(CheckedSession, OAuth2Session):  # type: ignore[misc]
    """The library's session, over our connections; `plain` says that the server behind the https address speaks http."""

    plain = False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if self.plain and request.url:
            request.url = _as_plain(request.url)
        return super().send(request, **options)


def new_state() -> str:
    """32 random bytes, fit for a URL; it is used once."""
    return secrets.token_urlsafe(32)


def new_verifier() -> str:
    """A PKCE verifier of 64 characters."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(
    http: Http, app: AppCredentials, endpoint: str, *, scopes: Iterable[str], state: str, verifier: str = "", **extras: str
) -> str:
    """The address to send the person to; with a verifier it asks for PKCE."""
    session = _session(http, app, endpoint, scopes=" ".join(scopes))
    if verifier:
        extras |= {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    url, _ = session.authorization_url(_as_secure(endpoint), state=state, **extras)
    return _as_plain(url) if session.plain else url


def check_callback(pending: Mapping[str, Any], params: Mapping[str, str]) -> str:
    """The code in an answer that belongs to this login. Raises Reauth (foreign state, denied, nothing there) or Config."""
    if not hmac.compare_digest(str(pending["state"]).encode(), params.get("state", "").encode()):
        raise Reauth("state_mismatch")
    issuer = pending.get("issuer")
    if issuer and params.get("iss", issuer).rstrip("/") != str(issuer).rstrip("/"):
        raise Reauth("issuer_mismatch")
    error = params.get("error", "")
    if error in {"invalid_scope", "unauthorized_client", "invalid_request"}:
        raise Config(error)
    if error:
        raise Reauth("denied", error)
    if not params.get("code"):
        raise Reauth("no_code")
    return params["code"]


def fetch(
    http: Http, app: AppCredentials, endpoint: str, *, code: str, scopes: Iterable[str], verifier: str, check: ResponseCheck
) -> TokenSet:
    """Trade the code for tokens, the client secret in the body. Raises Reauth, Config, Retryable, RateLimited."""
    session = _session(http, app, endpoint, scopes=" ".join(scopes))
    session.register_compliance_hook("access_token_response", _hook(check, " ".join(scopes)))
    asked: dict[str, Any] = {"code": code, "include_client_id": True, "client_secret": app.client_secret}
    if verifier:
        asked["code_verifier"] = verifier
    token = _attempt(lambda: session.fetch_token(_as_secure(endpoint), **asked))
    return _token_set(token, tuple(scopes))


def refresh(http: Http, app: AppCredentials, endpoint: str, tokens: TokenSet, *, check: ResponseCheck) -> TokenSet:
    """A new pair for the old one; where the server keeps the refresh token, so do we. Raises Reauth, Config, Retryable,
    RateLimited; Ambiguous when the request left and nothing readable came back.
    """
    if not tokens.refresh_token:
        raise Reauth("no_refresh_token")
    old = tokens.refresh_token
    session = _session(http, app, endpoint)
    session.register_compliance_hook("refresh_token_response", _hook(check, "", Step.PUBLISH))
    client: dict[str, Any] = {"client_id": app.client_id, "client_secret": app.client_secret}
    token = _attempt(lambda: session.refresh_token(_as_secure(endpoint), refresh_token=old, **client), Step.PUBLISH)
    return _token_set(token, tokens.scopes, tokens.extra)


def revoke(http: Http, app: AppCredentials, endpoint: str, token: str) -> bool:
    """Ask the server to forget a token; True when it agreed. Raises nothing."""
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    try:
        return call(http.session(), "POST", endpoint, data=form).ok
    except NetworkFault:
        return False


def require_scopes(granted: Iterable[str], required: Iterable[str]) -> None:
    """Raises Reauth("scope_missing") naming what was not granted; a broad scope ("write") covers its parts ("write:media")."""
    have = set(granted)
    missing = [scope for scope in required if scope not in have and scope.split(":")[0] not in have]
    if missing:
        raise Reauth("scope_missing", " ".join(missing))


def _session(http: Http, app: AppCredentials, endpoint: str, *, scopes: str | None = None) -> _OAuthSession:
    session = _OAuthSession(client_id=app.client_id, redirect_uri=app.redirect_uri, scope=scopes)
    session.equip(http.adapter)
    session.plain = endpoint.lower().startswith("http://")
    return session


def _attempt(trade: Callable[[], dict[str, Any]], step: Step = Step.READ) -> dict[str, Any]:
    """One trade at the token endpoint; whatever the libraries raise comes out as a fault that fits the step."""
    try:
        return trade()
    except NetworkFault:
        raise
    except OAuth2Error as error:
        raise token_fault(str(error.error or "")) from error
    except TRANSPORT_ERRORS as error:
        raise transport_fault(error, step) from error
    except ValueError as error:
        raise _lost("token", step) from error


def _lost(detail: str, step: Step) -> NetworkFault:
    """An answer that cannot be read: what was traded for may be used up."""
    return Ambiguous("bad_answer", detail) if step is Step.PUBLISH else Retryable("bad_answer", detail)


def token_fault(error: str) -> NetworkFault:
    """What an OAuth error code means for us."""
    if error in {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"}:
        return Config(error)
    if error in {"temporarily_unavailable", "server_error", "missing_token", ""}:
        return Retryable("bad_answer", error or "token")
    return Reauth("grant_rejected", error)


def _hook(check: ResponseCheck, requested: str, step: Step = Step.READ) -> Callable[[requests.Response], requests.Response]:
    """The one response hook: errors become faults, the granted scope is kept aside, and the library sees what it asked for."""

    def tidy_answer(response: requests.Response) -> requests.Response:
        data = _token_json(response)
        if data is None or not isinstance(data.get("access_token"), str):
            error = data.get("error") if data else None
            if isinstance(error, str) and response.status_code in {400, 401, 403}:
                raise token_fault(error)
            check(response)
            raise _lost(f"token {response.status_code}", step)
        data[GRANTED] = data.pop("scope", None)
        if requested:
            data["scope"] = requested
        data.setdefault("token_type", "Bearer")
        data.pop("expires_at", None)
        response._content = json.dumps(data).encode()
        return response

    return tidy_answer


def _token_json(response: requests.Response) -> dict[str, Any] | None:
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _token_set(token: Mapping[str, Any], scopes: tuple[str, ...], extra: Mapping[str, str] | None = None) -> TokenSet:
    granted = token.get(GRANTED)
    lasts = token.get("expires_in")
    expires_at = utc_now() + timedelta(seconds=min(int(lasts), 10 * 366 * 86_400)) if isinstance(lasts, (int, float)) else None
    refresh_token = token.get("refresh_token")
    return TokenSet(
        access_token=str(token["access_token"]),
        refresh_token=refresh_token if isinstance(refresh_token, str) else None,
        token_type=str(token.get("token_type") or "Bearer"),
        expires_at=expires_at,
        scopes=tuple(re.split(r"[ ,]+", granted.strip())) if isinstance(granted, str) and granted.strip() else scopes,
        extra=dict(extra or {}),
    )


def _as_secure(url: str) -> str:
    """The address as the library wants to see it; the port is written out, so that it survives the change of scheme."""
    if not url.lower().startswith("http://"):
        return url
    parts = urlsplit(url)
    netloc = parts.netloc if parts.port else f"{parts.netloc}:80"
    return parts._replace(scheme="https", netloc=netloc).geturl()


def _as_plain(url: str) -> str:
    return "http://" + url.removeprefix("https://") if url.startswith("https://") else url
