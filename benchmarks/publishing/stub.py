"""The stub network: as much of Mastodon's API as publishing needs, over a small keep-alive HTTP/1.1 server that costs little itself.

`POST /_control` sets latency, limits and faults; `GET /_control` counts; `GET /_control/log` is the judge's record.
Who writes is told by the token: "t-17" is account 17.
"""

import argparse
import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from benchmarks.publishing.limits import Gate, Settings, now
from benchmarks.publishing.posts import Memory

REASONS = {200: "OK", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
INSTANCE = {"title": "Stub", "configuration": {"statuses": {"max_characters": 500, "max_media_attachments": 4}}}
Answer = tuple[int, bytes, dict[str, str]]


class Stub:
    """One network: its posts, its limits, its control."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.gate = Gate(Settings())

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[float, Answer | None]:
        """After how many seconds what is answered; no answer at all when it gets lost."""
        path, _, query = target.partition("?")
        if path == "/api/v1/statuses" and method == "POST":
            return self._create(headers, body)
        if path.startswith("/_control"):
            return 0.0, self._control(method, path, query, body)
        return self.gate.settings.latency, self._read(method, path, query)

    def _create(self, headers: dict[str, str], body: bytes) -> tuple[float, Answer | None]:
        memory, gate, at = self.memory, self.gate, now()
        account, key = headers.get("authorization", "").rpartition("-")[2] or "0", headers.get("idempotency-key", "")
        text = str(json.loads(body).get("status", ""))
        memory.in_flight += 1
        memory.most_in_flight = max(memory.most_in_flight, memory.in_flight)
        refusal = gate.judge(account, headers.get("host", ""), at)
        memory.log.append((at, account, key, text.rpartition(" ")[2], refusal.status if refusal else 200))
        if refusal:
            return gate.settings.latency, (refusal.status, b'{"error":"refused"}', refusal.headers)
        lost = gate.drops()
        if lost and not gate.settings.dropped_after:
            return gate.settings.latency, None
        post = memory.make(account, key, text, at, keeps_keys=gate.settings.keeps_keys)
        said = (200, json.dumps(post.as_json()).encode(), gate.remaining(account, headers.get("host", ""), at))
        return gate.settings.latency, None if lost else said

    def _read(self, method: str, path: str, query: str) -> Answer:
        parts = path.strip("/").split("/")
        if path.startswith("/api/v1/accounts/") and path.endswith("/statuses"):
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            return _json(self.memory.timeline(parts[3], before=int(asked.get("max_id", 0)), limit=int(asked.get("limit", 20))))
        if path.startswith("/api/v1/statuses/"):
            post = self.memory.posts.get(int(parts[3]))
            if post is None or post.gone:
                return _json({"error": "Record not found"}, 404)
            post.gone = method == "DELETE"
            return _json(post.as_json())
        if path == "/api/v1/statuses":
            wanted = [self.memory.posts.get(int(one)) for one in parse_qs(query).get("id[]", [])]
            return _json([post.as_json() for post in wanted if post and not post.gone])
        return _json(INSTANCE) if path in ("/api/v2/instance", "/api/v1/instance") else _json({"error": "Not found"}, 404)

    def _control(self, method: str, path: str, query: str, body: bytes) -> Answer:
        if path == "/_control/log":
            return 200, self.memory.lines(int(query or 0)), {}
        if method == "POST":
            self.gate = Gate(Settings(**json.loads(body)))
        if method == "DELETE":
            self.memory.forget()
        memory = self.memory
        counts = {"requests": len(memory.log), "made": memory.made, "most_in_flight": memory.most_in_flight}
        return _json(counts | {"over": self.gate.over, "used": self.gate.used})


def _json(value: Any, status: int = 200) -> Answer:
    return status, json.dumps(value).encode(), {}


class Connection(asyncio.Protocol):
    """One kept-open connection; a client sends its next request when it has the answer."""

    def __init__(self, stub: Stub, loop: asyncio.AbstractEventLoop) -> None:
        self._stub, self._loop, self._buffer = stub, loop, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, target, _ = lines[0].split(" ", 2)
        wait, answer = self._stub.answer(method, target, headers, rest[:length])
        creates = method == "POST" and target == "/api/v1/statuses"
        if wait:
            self._loop.call_later(wait, self._say, answer, creates)
        else:
            self._say(answer, creates)

    def _say(self, answer: Answer | None, creates: bool) -> None:
        transport = self._transport
        assert transport is not None
        if creates:
            self._stub.memory.in_flight -= 1
        if answer is None or transport.is_closing():
            transport.abort()
            return
        status, body, more = answer
        extra = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        first = f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}\r\n"
        head = f"{first}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        transport.write(head.encode("latin-1") + body)


async def serve(port: int) -> None:
    """Until the process is ended."""
    loop, stub = asyncio.get_running_loop(), Stub()
    server = await loop.create_server(lambda: Connection(stub, loop), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    asyncio.run(serve(arguments.parse_args().port))
