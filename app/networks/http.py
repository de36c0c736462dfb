"""Every request that leaves goes through here: one kind of session, one set of rules.

https only, to public addresses only, connected to the very address that was checked (TLS still verifies the name); no proxies
or credentials from the environment, no cookies kept, no retries; redirects never on a writing request, at most two on a reading
one, each checked like the first; answers of limited size, complete within the read timeout however slowly they drip.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from json import dumps
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_encoding_from_headers
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from app.networks.addresses import NotSentError, Resolver, any_addresses, public_addresses, resolve
from app.networks.sockets import pools

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
UPLOAD_SECONDS = 120.0
ANSWER_BYTES = 1_000_000
MAX_REDIRECTS = 2
CONNECTIONS = 50
Timeouts = tuple[float, float]
_READING = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class AnswerTooLargeError(Exception):
    """The answer went over the cap; it was not read to its end."""


@dataclass(frozen=True)
class Rules:
    """What holds for one session. `allowed_private_hosts` ("127.0.0.1:8123") may be private and may speak http; seconds and
    bytes.
    """

    user_agent: str
    allowed_private_hosts: frozenset[str] = frozenset()
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    max_bytes: int = ANSWER_BYTES
    cut_long_answers: bool = False
    ca_bundle: str = ""
    resolver: Resolver = field(default=resolve)

    def trusts(self, host: str, port: int) -> bool:
        """Whether the operator has named this host; a name without a port stands for 80 and 443."""
        name = host.lower().rstrip(".")
        return f"{name}:{port}" in self.allowed_private_hosts or (port in {80, 443} and name in self.allowed_private_hosts)

    def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect for this name; raises NotSentError."""
        find = any_addresses if self.trusts(host, port) else public_addresses
        return find(host, port, self.resolver)

    def admit(self, url: str) -> None:
        """https for all, http for named hosts only; raises NotSentError."""
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        plain = scheme == "http" and self.trusts(parts.hostname or "", parts.port or 80)
        if scheme != "https" and not plain:
            raise NotSentError("scheme_refused", parts.hostname or "")


class CheckedAdapter(HTTPAdapter):
    """The way out. It reads every answer itself, a redirect's too, so that the caps hold for each hop."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        super().__init__(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = pools(self.rules)

    def send(self, request: Any, stream: Any = False, timeout: Any = None, *args: Any, **options: Any) -> requests.Response:
        del stream, args, options
        rules = self.rules
        rules.admit(request.url)
        response = super().send(
            request,
            stream=True,
            timeout=timeout or (rules.connect_seconds, rules.read_seconds),
            verify=rules.ca_bundle or True,
        )
        _read(response, rules)
        return response

    def write(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], timeout: Timeouts | None) -> requests.Response:
        """A writing request, straight to the connection: it follows no redirect and keeps no cookie, and half of the processor time of a
        create request went into preparing for both.
        """
        rules = self.rules
        rules.admit(url)
        connect, read = timeout or (rules.connect_seconds, rules.read_seconds)
        verified = {"cert_reqs": "CERT_REQUIRED", "ca_certs": rules.ca_bundle or DEFAULT_CA_BUNDLE_PATH}
        pool = self.poolmanager.connection_from_url(url, verified)
        raw = pool.urlopen(
            method,
            urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl() or "/",
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=connect, read=read),
        )
        response = _response(raw, url)
        response.request.method, response.request.url, response.request.headers = method, url, CaseInsensitiveDict(headers)
        _read(response, rules)
        return response


def _response(raw: BaseHTTPResponse, url: str) -> requests.Response:
    made = requests.Response()
    made.request = requests.PreparedRequest()
    made.raw, made.url, made.status_code, made.reason = raw, url, raw.status, raw.reason or ""
    made.headers = CaseInsensitiveDict(raw.headers)
    made.encoding = get_encoding_from_headers(made.headers)
    return made


def _read(response: requests.Response, rules: Rules) -> None:
    """Read the body up to the cap and keep it in the response."""
    try:
        body = _body(response, rules)
    except BaseException:
        response.close()
        raise
    response._content, response._content_consumed = body, True  # type: ignore[attr-defined]


def _body(response: requests.Response, rules: Rules) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(16_384):
        body += chunk
        if len(body) > rules.max_bytes:
            if not rules.cut_long_answers:
                raise AnswerTooLargeError
            response.close()
            break
    return bytes(body[: rules.max_bytes])


class CheckedSession(requests.Session):
    """A session by our rules; `Http.session` makes one."""

    def equip(self, adapter: CheckedAdapter) -> None:
        """Take over the rules of an adapter."""
        self.adapter = adapter
        self.trust_env = False
        self.max_redirects = MAX_REDIRECTS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = adapter.rules.user_agent
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        if method in _READING or not options.keys() <= {"json", "headers", "timeout"}:
            return super().request(method, url, **options)
        return self._write(method, url, **options)

    def _write(
        self, method: str, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None, timeout: Timeouts | None = None
    ) -> requests.Response:
        body = b"" if json is None else dumps(json, allow_nan=False).encode()
        kind = {} if json is None else {"Content-Type": "application/json"}
        own = {"User-Agent": str(self.headers["User-Agent"]), "Accept-Encoding": "gzip, deflate", "Content-Length": str(len(body))}
        return self.adapter.write(method, url, body=body, headers={**own, **kind, **(headers or {})}, timeout=timeout)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if request.method not in _READING:
            options["allow_redirects"] = False
        return super().send(request, **options)


class Http:
    """The rules and the kept-open connections of one connector. Make it in the process that uses it (after a fork); threads may
    share it.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.adapter = CheckedAdapter(rules)

    def session(self) -> CheckedSession:
        """A new session over the shared connections."""
        session = CheckedSession()
        session.equip(self.adapter)
        return session

    def close(self) -> None:
        """Close the kept-open connections; the next request opens new ones."""
        self.adapter.close()
