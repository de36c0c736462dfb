"""Mastodon, and every server that speaks its API: GoToSocial, Hollo, Pleroma, Takahe and others.

Our application registers itself at each server. The Idempotency-Key is sent, but never trusted alone: not every server keeps
it, none atomically.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from requests import Response

from app.networks import mastodon_posts, mastodon_reading, mastodon_servers, oauth
from app.networks.base import (
    Account,
    AlreadyGone,
    AppCredentials,
    Attempt,
    AuthorizeStart,
    Capabilities,
    Config,
    Deleted,
    Draft,
    Gone,
    Grant,
    Identity,
    Image,
    Json,
    Limits,
    Metrics,
    Network,
    Payload,
    Permanent,
    Prepared,
    Published,
    Rate,
    Rates,
    Reauth,
    Reconciled,
    Retryable,
    TokenSet,
)
from app.networks.calls import Step
from app.networks.http import Http, Rules
from app.networks.mastodon_api import Api, as_id, as_text, as_url, part
from app.networks.mastodon_errors import classify

WRITE_SCOPES = ("write:statuses", "write:media", "read:statuses")
CAPABILITIES = Capabilities(
    personal_publish=True,
    alt_text=True,
    max_images=4,
    link_card="scraped",
    metrics=frozenset({"likes", "comments", "reposts", "quotes"}),
    metrics_batch=mastodon_reading.BATCH,
    delete=True,
    list_own=True,
    idempotent_publish=True,
    reconcile_by="read",
    share_intent=True,
    asks_server=True,
    scopes=("write:statuses", "write:media"),
    standing=True,
)

# By token all calls, by account the statuses and the uploads; by address all calls, as documented (newer servers spare those with a token).
RATES = Rates(
    instance=(Rate(300, 300, "calls"),),
    account=(Rate(300, 300, "calls"), Rate(300, 3 * 3600)),
    uploads=(Rate(30, 1800, "uploads"),),
)


class Mastodon(Network):
    """The connector. `website` and `client_name` are what the owner of an account sees on the server's page."""

    key = "mastodon"
    name = "Mastodon"

    def __init__(self, rules: Rules, *, client_name: str, website: str) -> None:
        self._rules = rules
        self._client_name = client_name
        self._website = website
        self._http = Http(rules)
        self._session = self._http.session()

    def close(self) -> None:
        self._http.close()

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def limits(self, account: Account | None = None) -> Limits:
        if account is None:
            return mastodon_servers.DEFAULTS
        return self.server_limits(account.host)

    def rates(self, host: str = "") -> Rates:
        del host
        return RATES

    def server_limits(self, host: str) -> Limits:
        """The limits that a server announces, with caution where it may count differently. Raises Retryable, RateLimited."""
        api = self._api(host)
        return mastodon_servers.limits(api, exact=self._counts_alike(api))

    def house_rules(self, host: str) -> tuple[str, ...]:
        """The server's own rules, to be shown before connecting. Raises Retryable, RateLimited."""
        return mastodon_servers.rules(self._api(host))

    def render(self, draft: Draft, account: Account) -> Payload:
        return mastodon_posts.render(draft, account.limits or mastodon_servers.DEFAULTS)

    def server_for(self, hint: str) -> str:
        return mastodon_servers.normalise(hint, self._rules.allowed_private_hosts)

    def register_app(self, host: str, redirect_uri: str) -> AppCredentials:
        """One application per (host, redirect URI, scopes): store it, and create it under a lock."""
        api = self._api(host)
        scopes = _scopes(mastodon_servers.discover(api))
        form = {
            "client_name": self._client_name,
            "redirect_uris": redirect_uri,
            "scopes": " ".join(scopes),
            "website": self._website,
        }
        answer = api.ask("POST", "/api/v1/apps", json=form)
        client_id, secret = as_text(answer.get("client_id"), 2000), as_text(answer.get("client_secret"), 2000)
        if not client_id or not secret:
            raise Retryable("bad_answer", "application without id")
        return AppCredentials(client_id, secret, host, redirect_uri, scopes)

    def begin_authorize(self, app: AppCredentials, redirect_uri: str, hint: str = "") -> AuthorizeStart:
        """`hint` "another" asks the server to show its login even to somebody who is signed in there."""
        if redirect_uri != app.redirect_uri:
            raise Config("redirect_uri_changed")
        where = mastodon_servers.discover(self._api(app.host))
        state, verifier = oauth.new_state(), oauth.new_verifier() if where.pkce else ""
        extras = {"force_login": "true"} if hint == "another" else {}
        url = oauth.authorize_url(self._http, app, where.authorize, scopes=app.scopes, state=state, verifier=verifier, **extras)
        pending = {"state": state, "verifier": verifier, "host": app.host, "issuer": where.issuer}
        return AuthorizeStart(url, state, pending | {"token_endpoint": where.token, "revocation_endpoint": where.revoke})

    def complete_authorize(self, app: AppCredentials, pending: Json, params: Mapping[str, str]) -> Grant:
        code = oauth.check_callback(pending, params)
        if pending["host"] != app.host:
            raise Reauth("state_mismatch")
        tokens = oauth.fetch(
            self._http,
            app,
            pending["token_endpoint"],
            code=code,
            scopes=app.scopes,
            verifier=pending["verifier"],
            check=_check_token_answer,
        )
        oauth.require_scopes(tokens.scopes, app.scopes)
        endpoints = {name: str(pending[name]) for name in ("token_endpoint", "revocation_endpoint")}
        tokens = replace(tokens, extra=endpoints)
        return Grant(self.verify_credentials(app.host, tokens), tokens, tokens.scopes)

    def verify_credentials(self, host: str, tokens: TokenSet) -> Identity:
        """Whose token it is. Raises Reauth, Retryable, RateLimited."""
        data = self._api(host, tokens).ask("GET", "/api/v1/accounts/verify_credentials")
        remote_id, username = as_id(data.get("id")), as_text(data.get("username"), 100)
        if not remote_id or not username:
            raise Retryable("bad_answer", "account without id")
        return Identity(
            host=host,
            remote_id=remote_id,
            handle=f"@{username}@{host}",
            name=as_text(data.get("display_name")) or username,
            url=as_url(data.get("url")),
            avatar_url=as_url(data.get("avatar")),
            bot=data.get("bot") is True,
            visibility=_visibility(part(data, "source").get("privacy")),
            language=as_text(part(data, "source").get("language"), 10),
        )

    def refresh(self, app: AppCredentials, tokens: TokenSet) -> TokenSet:
        endpoint = tokens.extra.get("token_endpoint") or f"{self._base(app.host)}/oauth/token"
        return oauth.refresh(self._http, app, endpoint, tokens, check=_check_token_answer)

    def verify(self, account: Account) -> None:
        self.verify_credentials(account.host, account.tokens)

    def revoke(self, app: AppCredentials, tokens: TokenSet) -> bool:
        endpoint = tokens.extra.get("revocation_endpoint") or f"{self._base(app.host)}/oauth/revoke"
        gone = oauth.revoke(self._http, app, endpoint, tokens.access_token)
        if gone and tokens.refresh_token:
            oauth.revoke(self._http, app, endpoint, tokens.refresh_token)
        return gone

    def prepare(self, account: Account, payload: Payload, images: Sequence[Image]) -> Prepared:
        return mastodon_posts.prepare(self._api_of(account), payload, images)

    def publish(self, account: Account, payload: Payload, prepared: Prepared) -> Published:
        if len(prepared.refs) != len(payload.media):
            raise Permanent("not_prepared", used=len(prepared.refs), limit=len(payload.media))
        return mastodon_posts.publish(self._api_of(account), payload, prepared)

    def reconcile(self, account: Account, attempt: Attempt) -> Reconciled:
        return mastodon_reading.reconcile(self._api_of(account), account.remote_id, attempt)

    def delete(self, account: Account, remote_id: str) -> Deleted | AlreadyGone:
        return mastodon_posts.delete(self._api_of(account), remote_id)

    def metrics(self, account: Account, remote_ids: Sequence[str]) -> dict[str, Metrics | Gone]:
        return mastodon_reading.metrics(self._api_of(account), remote_ids)

    def _counts_alike(self, api: Api) -> bool:
        return mastodon_servers.software(api) in mastodon_servers.EXACT_SOFTWARE

    def _base(self, host: str) -> str:
        return f"http://{host}" if host in self._rules.allowed_private_hosts else f"https://{host}"

    def _api(self, host: str, tokens: TokenSet | None = None) -> Api:
        return Api(self._session, self._base(host), tokens.access_token if tokens else "")

    def _api_of(self, account: Account) -> Api:
        return self._api(account.host, account.tokens)


def _scopes(where: oauth.Endpoints) -> tuple[str, ...]:
    """The least that does the work: `profile` where it is offered, else `read:accounts`."""
    return ("profile" if "profile" in where.scopes else "read:accounts", *WRITE_SCOPES)


def _visibility(value: object) -> str:
    return value if isinstance(value, str) and value in mastodon_posts.VISIBILITIES else "public"


def _check_token_answer(response: Response) -> None:
    """Raise what a token endpoint's answer means when it is neither tokens nor an OAuth error."""
    if not response.ok:
        raise classify(response, Step.READ)
