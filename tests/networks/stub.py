"""A strict stand-in for a Mastodon server: it complains of every request that a careful server could refuse, and fails on command.

`stub.posts` is what exists, `stub.complaints` what was wrong with requests, `stub.fail(...)` lets the next matching one go wrong.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

STATUS_FIELDS = {"status", "visibility", "language", "media_ids"}
SCOPES = "profile write:statuses write:media read:statuses"


@dataclass
class Failure:
    """How one request goes wrong. `after`: only once the server has done what was asked."""

    method: str
    path: str
    kind: str = "answer"
    after: bool = False
    status: int = 500
    body: bytes = b'{"error":"it broke"}'
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        data = json.loads(self.body)
        assert isinstance(data, dict)
        return data

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body)))


Answer = tuple[int, Any, dict[str, str]]


class Stub:
    """One server on a port of its own; everything is in memory."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.failures: list[Failure] = []
        self.tokens = {"token-emil"}
        self.refresh_tokens: set[str] = set()
        self.media: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.keys: dict[str, str] = {}
        self.keeps_keys = True
        self.pages: dict[str, Callable[[Request], Answer]] = {}
        self.media_polls = 0
        self.token_extras: dict[str, Any] = {}
        self.granted = SCOPES
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, method: str, path: str, **how: Any) -> None:
        """Let the next request with this method and path prefix go wrong."""
        self.failures.append(Failure(method, path, **how))

    def count(self, method: str, path: str) -> int:
        """How many such requests arrived."""
        return sum(one.method == method and one.path == path for one in self.requests)

    def sign_in(self, authorize_url: str) -> dict[str, str]:
        """What the person's browser brings back after agreeing at the given address."""
        query = dict(parse_qsl(urlsplit(authorize_url).query, strict_parsing=True))
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def answer(self, request: Request) -> Answer:
        """The honest answer to a request."""
        if request.path in self.pages:
            return self.pages[request.path](request)
        for method, pattern, name in ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                answer: Answer = getattr(self, name)(request, *match.groups())
                return answer
        return 404, b"<!DOCTYPE html><title>Not found</title>", {"Content-Type": "text/html"}

    def complain(self, what: str) -> Answer:
        self.complaints.append(what)
        return 422, {"error": f"Validation failed: {what}"}, {}

    def authorized(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and token in self.tokens

    # --- OAuth

    def discovery(self, request: Request) -> Answer:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "revocation_endpoint": "revoke"}
        found: dict[str, Any] = {key: f"{self.url}/oauth/{path}" for key, path in names.items()}
        found |= {"issuer": f"{self.url}/", "code_challenge_methods_supported": ["S256"], "scopes_supported": SCOPES.split()}
        return 200, found, {}

    def register(self, request: Request) -> Answer:
        body = request.json()
        if set(body) != {"client_name", "redirect_uris", "scopes", "website"} or not all(isinstance(v, str) for v in body.values()):
            return self.complain(f"app fields {sorted(body)}")
        return 200, {"id": "1", "client_id": "client-1", "client_secret": "secret-1", **body}, {}

    def token(self, request: Request) -> Answer:
        form = request.form()
        if form.get("client_id") != "client-1" or form.get("client_secret") != "secret-1" or "authorization" in request.headers:
            return 401, {"error": "invalid_client"}, {}
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form)
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_grant"}, {}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant"}, {}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            self.complain("redirect_uri")
        self.tokens.add("token-new")
        return (
            200,
            {"access_token": "token-new", "token_type": "Bearer", "scope": self.granted, "created_at": 1, **self.token_extras},
            {},
        )

    def _refresh(self, form: dict[str, str]) -> Answer:
        if set(form) != {"grant_type", "refresh_token", "client_id", "client_secret"}:
            self.complain(f"refresh fields {sorted(form)}")
        if form["refresh_token"] not in self.refresh_tokens:
            return 400, {"error": "invalid_grant"}, {}
        self.tokens.add("token-fresh")
        return 200, {"access_token": "token-fresh", "scope": self.granted, "expires_in": 3600}, {}

    def revoke(self, request: Request) -> Answer:
        self.tokens.discard(request.form()["token"])
        return 200, {}, {}

    def verify(self, request: Request) -> Answer:
        if not self.authorized(request):
            return 401, {"error": "The access token is invalid"}, {}
        account = {"id": "42", "username": "emil", "acct": "emil", "display_name": "Emil\u0000 E.", "url": f"{self.url}/@emil"}
        return (
            200,
            {**account, "avatar": "javascript:alert(1)", "bot": False, "source": {"privacy": "unlisted", "language": "de"}},
            {},
        )

    # --- about the server

    def instance(self, request: Request) -> Answer:
        statuses = {"max_characters": 600, "characters_reserved_per_url": 23, "max_media_attachments": 4}
        media = {"supported_mime_types": ["image/png", "video/mp4"], "image_size_limit": 1000, "description_limit": 1500}
        return 200, {"version": "4.5.0", "configuration": {"statuses": statuses, "media_attachments": media}}, {}

    def nodeinfo(self, request: Request) -> Answer:
        return 200, {"links": [{"rel": "2.0", "href": f"{self.url}/nodeinfo/2.0"}]}, {}

    def nodeinfo_page(self, request: Request) -> Answer:
        return 200, {"software": {"name": "Mastodon"}}, {}

    def rules(self, request: Request) -> Answer:
        return 200, [{"id": "1", "text": "Be kind"}, {"id": "2"}], {}

    # --- posts

    def upload(self, request: Request) -> Answer:
        if not self.authorized(request):
            return 401, {"error": "The access token is invalid"}, {}
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = {part.get_param("name", header="content-disposition"): part for part in message_from_bytes(head + request.body).walk()}
        if set(parts) - {None} - {"file", "description"} or "file" not in parts:
            return self.complain(f"media fields {parts.keys()}")
        media_id = str(len(self.media) + 1)
        alt = parts["description"].get_payload(decode=True) if "description" in parts else b""
        self.media[media_id] = {
            "data": parts["file"].get_payload(decode=True),
            "alt": alt,
            "polls": self.media_polls,
            "used": False,
        }
        return (202 if self.media_polls else 200), {"id": media_id, "url": None if self.media_polls else f"{self.url}/m/1"}, {}

    def poll(self, request: Request, media_id: str) -> Answer:
        media = self.media.get(media_id)
        if media is None or media["used"]:
            return 404, {"error": "Record not found"}, {}
        media["polls"] -= 1
        return (206 if media["polls"] > 0 else 200), {"id": media_id, "url": None}, {}

    def create(self, request: Request) -> Answer:
        if not self.authorized(request):
            return 401, {"error": "The access token is invalid"}, {}
        body, key = request.json(), request.headers.get("idempotency-key", "")
        if set(body) - STATUS_FIELDS or not key or not {"status", "visibility", "language"} <= set(body):
            return self.complain(f"status fields {sorted(body)} key {key!r}")
        if self.keeps_keys and key in self.keys:
            return 200, next(post for post in self.posts if post["id"] == self.keys[key]), {}
        for media_id in body.get("media_ids", []):
            if media_id not in self.media or self.media[media_id]["used"]:
                return 422, {"error": "Validation failed: Media not found or already attached to another status"}, {}
            self.media[media_id]["used"] = True
        post = self.post(body["status"])
        self.keys[key] = post["id"]
        return 200, post, {}

    def post(self, text: str, at: datetime | None = None) -> dict[str, Any]:
        """A post by Emil, newest last."""
        words = [f'<a href="{word}" rel="nofollow">{word[8:20]}</a>' if word.startswith("http") else word for word in text.split()]
        with self.lock:
            remote_id = str(1000 + len(self.requests) * 100 + len(self.posts))
            post = {"id": remote_id, "url": f"{self.url}/@emil/{remote_id}", "content": f"<p>{' '.join(words)}</p>"}
            moment = at or datetime.now(UTC)
            self.posts.append(post | {"created_at": moment.isoformat().replace("+00:00", "Z"), "favourites_count": 3, "replies_count": 0})
            return self.posts[-1]

    def mine(self, request: Request, account_id: str) -> Answer:
        if not self.authorized(request):
            return 401, {"error": "The access token is invalid"}, {}
        if account_id != "42" or request.query.get("exclude_reblogs") != ["true"]:
            return self.complain(f"statuses of {account_id} {request.query}")
        found = list(reversed(self.posts))
        if before := request.query.get("max_id"):
            found = found[[post["id"] for post in found].index(before[0]) + 1 :]
        return 200, found[: int(request.query["limit"][0])], {}

    def several(self, request: Request) -> Answer:
        wanted = request.query.get("id[]", [])
        return 200, [post for post in self.posts if post["id"] in wanted], {}

    def one(self, request: Request, remote_id: str) -> Answer:
        found = [post for post in self.posts if post["id"] == remote_id]
        if not found:
            return 404, {"error": "Record not found"}, {}
        if request.method == "DELETE":
            self.posts.remove(found[0])
        return 200, found[0], {}


ROUTES = (
    ("GET", r"/.well-known/oauth-authorization-server", "discovery"),
    ("GET", r"/.well-known/nodeinfo", "nodeinfo"),
    ("GET", r"/nodeinfo/2.0", "nodeinfo_page"),
    ("GET", r"/api/v2/instance", "instance"),
    ("GET", r"/api/v1/instance/rules", "rules"),
    ("POST", r"/api/v1/apps", "register"),
    ("POST", r"/oauth/token", "token"),
    ("POST", r"/oauth/revoke", "revoke"),
    ("GET", r"/api/v1/accounts/verify_credentials", "verify"),
    ("POST", r"/api/v2/media", "upload"),
    ("GET", r"/api/v1/media/(\w+)", "poll"),
    ("POST", r"/api/v1/statuses", "create"),
    ("GET", r"/api/v1/statuses", "several"),
    ("GET", r"/api/v1/statuses/(\w+)", "one"),
    ("DELETE", r"/api/v1/statuses/(\w+)", "one"),
    ("GET", r"/api/v1/accounts/(\w+)/statuses", "mine"),
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stub: Stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        stub, parts = self.server.stub, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parse_qs(parts.query), headers, body)
        stub.requests.append(request)
        failure = next((one for one in stub.failures if one.method == self.command and parts.path.startswith(one.path)), None)
        if failure is None:
            self.reply(*stub.answer(request))
            return
        stub.failures.remove(failure)
        answer = stub.answer(request) if failure.after else None
        self.go_wrong(failure, answer)

    do_GET = do_POST = do_DELETE = do_PUT = handle_any  # noqa: N815

    def go_wrong(self, failure: Failure, answer: Answer | None) -> None:
        if failure.kind == "drop":
            self.close_connection = True
            self.connection.shutdown(2)
        elif failure.kind == "drip":
            self.drip()
        elif failure.kind == "no_id":
            assert answer is not None
            self.reply(200, {key: value for key, value in answer[1].items() if key != "id"}, {})
        else:
            self.reply(failure.status, failure.body, dict(failure.headers))

    def drip(self) -> None:
        """A header, then one byte now and then, for ever."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def reply(self, status: int, body: Any, headers: dict[str, str]) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json; charset=utf-8"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
