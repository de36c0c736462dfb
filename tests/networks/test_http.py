"""The way out: what is refused before it leaves, what is cut off, and what a failure means at each step."""

import gzip
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.networks.base import Ambiguous, NetworkFault, Permanent, Retryable
from app.networks.calls import Step, call
from app.networks.http import Http, Rules
from app.networks.sockets import leaving_within
from tests import certificates
from tests.networks.wild import Behaviour, answering, endless, redirecting, wild_server

OK = answering("200 OK\r\nContent-Type: application/json", b'{"a": 1}')


def rules_for(*hosts: str, **changes: object) -> Rules:
    rules = Rules("Outspoken/test", frozenset(hosts), connect_seconds=5, read_seconds=5, max_bytes=10_000)
    return replace(rules, **changes)  # type: ignore[arg-type]


def get(url: str, rules: Rules, step: Step = Step.READ, method: str = "GET") -> int:
    http = Http(rules)
    try:
        return call(http.session(), method, url, step=step).status_code
    finally:
        http.close()


def fault(url: str, rules: Rules, step: Step = Step.READ, method: str = "GET") -> NetworkFault:
    with pytest.raises(NetworkFault) as caught:
        get(url, rules, step, method)
    return caught.value


def test_a_named_local_host_may_speak_http() -> None:
    with wild_server(OK) as server:
        assert get(server.url, rules_for(server.host)) == 200


def test_others_must_speak_https_and_be_public() -> None:
    with wild_server(OK) as server:
        assert fault(server.url, rules_for()).code == "scheme_refused"
        assert fault(f"https://{server.host}", rules_for()).code == "address_refused"
        assert fault(f"https://localhost:{server.port}", rules_for()).code == "address_refused"
        assert server.requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "64:ff9b::7f00:1"])
def test_a_public_name_with_a_private_address_is_refused(address: str) -> None:
    refused = fault("https://innocent.example/", rules_for(resolver=lambda *_: [address]))
    assert isinstance(refused, Permanent)
    assert refused.code == "address_refused"


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    """A name that changes its mind between check and connection is asked only once."""
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with wild_server(OK) as server:
        host = f"practice.test:{server.port}"
        assert get(f"http://{host}/", rules_for(host, resolver=rebinding)) == 200
        assert asked == ["practice.test"]
        assert f"Host: {host}".encode() in server.requests[0]


def test_a_redirect_is_checked_like_the_first_address() -> None:
    with wild_server(OK) as inner, wild_server(redirecting(inner.url)) as outer:
        assert fault(outer.url, rules_for(outer.host)).code == "scheme_refused"
        assert inner.requests == []
        assert get(outer.url, rules_for(outer.host, inner.host)) == 200


def test_a_redirect_to_a_private_name_over_https_is_refused() -> None:
    with wild_server(redirecting("https://169.254.169.254/latest/meta-data")) as outer:
        assert fault(outer.url, rules_for(outer.host)).code == "address_refused"


def test_at_most_two_redirects() -> None:
    def again(connection: socket.socket, request: bytes) -> None:
        redirecting("/" + "x" * (request.index(b" HTTP") - 3))(connection, request)

    with wild_server(again) as server:
        assert fault(server.url, rules_for(server.host)).code == "too_many_redirects"
        assert len(server.requests) == 3


def test_no_redirect_on_a_writing_request() -> None:
    with wild_server(redirecting("/elsewhere")) as server:
        assert get(server.url, rules_for(server.host), method="POST") == 302
        assert len(server.requests) == 1


def test_authorization_stays_at_its_host() -> None:
    with wild_server(OK) as other, wild_server(redirecting(other.url)) as first:
        http = Http(rules_for(first.host, other.host))
        call(http.session(), "GET", first.url, headers={"Authorization": "Bearer secret-token"})
        http.close()
        assert b"secret-token" in first.requests[0]
        assert b"secret-token" not in other.requests[0]


def test_no_proxy_no_netrc_no_cookies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login emil password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with wild_server(answering("200 OK\r\nSet-Cookie: session=emil; Path=/")) as server:
        http = Http(rules_for(server.host))
        session = http.session()
        call(session, "GET", server.url)
        call(session, "GET", server.url)
        http.close()
        assert b"authorization" not in server.requests[0].lower()
        assert b"cookie" not in server.requests[1].lower()
        assert b"User-Agent: Outspoken/test" in server.requests[1]


def drip(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def drip_headers(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-A: b\r\n")
        time.sleep(0.05)


def silence(connection: socket.socket, request: bytes) -> None:
    time.sleep(3)


def hang_up(connection: socket.socket, request: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def half(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"id":')


def nonsense(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


LOSSES = [
    (drip, "timeout"),
    (drip_headers, "timeout"),
    (silence, "timeout"),
    (hang_up, "connection_lost"),
    (half, "connection_lost"),
    (nonsense, "connection_lost"),
    (endless("200 OK", b"x" * 5000), "answer_too_large"),
    (answering("200 OK\r\nContent-Encoding: gzip", gzip.compress(b"0" * 1_000_000)), "answer_too_large"),
]


@pytest.mark.parametrize(("behave", "code"), LOSSES)
def test_a_loss_after_sending_is_ambiguous_only_while_publishing(behave: Behaviour, code: str) -> None:
    with wild_server(behave) as server:
        rules, began = rules_for(server.host, read_seconds=0.5), time.monotonic()
        publishing, preparing = fault(server.url, rules, Step.PUBLISH, "POST"), fault(server.url, rules, Step.PREPARE, "POST")
        assert (type(publishing), publishing.code) == (Ambiguous, code)
        assert (type(preparing), preparing.code) == (Retryable, code)
        assert len(server.requests) == 2
        assert time.monotonic() - began < 3


def test_nothing_sent_is_retryable_even_while_publishing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        lost = fault(f"http://{host}", rules_for(host), Step.PUBLISH, "POST")
    assert (type(lost), lost.code) == (Retryable, "unreachable")
    assert lost.detail.startswith("connect")


def test_a_name_that_does_not_resolve_is_retryable() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    lost = fault("https://gone.example", rules_for(resolver=nowhere), Step.PUBLISH, "POST")
    assert (type(lost), lost.code, lost.detail) == (Retryable, "unreachable", "dns gone.example")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_leaves_too_late_does_not_leave(certificate: Path, scheme: str) -> None:
    """The name server and the handshake have taken longer than the request had: not a byte of it leaves over the new connection."""

    def slowly(*_: object) -> list[str]:
        time.sleep(0.3)
        return ["127.0.0.1"]

    with wild_server(OK, certificates.server(certificate) if scheme == "https" else None) as server:
        host = f"social.test:{server.port}"
        rules = rules_for(host, resolver=slowly, ca_bundle=str(certificate))
        with leaving_within(0.2):
            late = fault(f"{scheme}://{host}/", rules, Step.PUBLISH, "POST")
        assert (type(late), late.code, late.detail) == (Retryable, "overslept", "late social.test")
        assert not any(server.requests)
        with leaving_within(5):
            assert get(f"{scheme}://{host}/", rules, Step.PUBLISH, "POST") == 200
        assert get(f"{scheme}://{host}/", rules) == 200


def test_a_kept_open_connection_is_no_way_round_it() -> None:
    with wild_server(OK) as server:
        http = Http(rules_for(server.host))
        call(http.session(), "GET", server.url)
        with leaving_within(-1), pytest.raises(Retryable, match="overslept"):
            call(http.session(), "POST", server.url, step=Step.PUBLISH)
        http.close()
        assert [one[:4] for one in server.requests if one] == [b"GET "]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for social.test, which is its own authority, with its key."""
    return certificates.write(tmp_path_factory.mktemp("tls") / "social.pem", "social.test")


def test_tls_verifies_the_name_though_the_address_was_chosen(certificate: Path) -> None:
    asked_for = []
    tls = certificates.server(certificate)
    tls.sni_callback = lambda _, name, __: asked_for.append(name)
    with wild_server(OK, tls) as server:
        hosts = (f"social.test:{server.port}", f"other.test:{server.port}")
        rules = rules_for(*hosts, resolver=lambda *_: ["127.0.0.1"], ca_bundle=str(certificate))
        assert get(f"https://{hosts[0]}/", rules) == 200
        assert f"Host: {hosts[0]}".encode() in server.requests[0]
        lost = fault(f"https://{hosts[1]}/", rules, Step.PUBLISH, "POST")
        assert (type(lost), lost.code, lost.detail) == (Retryable, "unreachable", "tls other.test")
        assert len(server.requests) == 1
        assert asked_for[:2] == ["social.test", "other.test"]


def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    tls = certificates.server(certificate)
    with wild_server(OK, tls) as server:
        host = f"social.test:{server.port}"
        lost = fault(f"https://{host}/", rules_for(host, resolver=lambda *_: ["127.0.0.1"]))
        assert lost.detail == "tls social.test"


def test_connections_are_kept_open_and_reused() -> None:
    opened = []

    def keep(connection: socket.socket, request: bytes) -> None:
        opened.append(connection)
        while True:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            if not connection.recv(65536):
                return

    with wild_server(keep) as server:
        kept = Http(rules_for(server.host))
        session = kept.session()
        assert [call(session, "GET", server.url).status_code for _ in range(3)] == [200, 200, 200]
        kept.close()
    assert len(opened) == 1
