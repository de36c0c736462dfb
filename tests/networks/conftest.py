"""A strict server, a connector that may talk to it, and Emil's account there."""

from collections.abc import Iterator

import pytest

from app.networks.base import Account, Draft, Limits, TokenSet
from app.networks.http import Http, Rules
from app.networks.mastodon import Mastodon
from tests.networks.stub import Stub

MARKER = "https://go.example/Ab3dE"


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server whose requests were all in order when the test is over."""
    with Stub() as server:
        yield server
        assert server.complaints == []


@pytest.fixture
def rules(stub: Stub) -> Rules:
    """Rules under which that server, and no other private one, can be reached."""
    return Rules("Outspoken/test", frozenset({stub.host}), connect_seconds=2, read_seconds=5)


@pytest.fixture
def http(rules: Rules) -> Iterator[Http]:
    """Connections by those rules."""
    opened = Http(rules)
    yield opened
    opened.close()


@pytest.fixture
def mastodon(rules: Rules) -> Iterator[Mastodon]:
    """The connector."""
    network = Mastodon(rules, client_name="Acme · Outspoken", website="https://outspoken.example")
    yield network
    network.close()


@pytest.fixture
def account(stub: Stub) -> Account:
    """Emil's account on the server."""
    limits = Limits(text_max=500, text_unit="grapheme", url_cost=23, max_images=4, alt_max=1500, image_types=("image/png",))
    tokens = TokenSet("token-emil", extra={"token_endpoint": f"{stub.url}/oauth/token"})
    return Account("mastodon", stub.host, "42", "@emil@stub", tokens, limits)


@pytest.fixture
def draft() -> Draft:
    """A share with its disclosure and its tracked link."""
    return Draft(key="0190-delivery", text=f"I work at Acme.\n\nOur report\n\n{MARKER}", language="en-GB", link=MARKER)
