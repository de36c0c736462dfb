"""The connector against the practice network itself: the whole way of a share, with its faults."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import pytest
import requests

from app.networks.base import (
    Absent,
    Account,
    AlreadyGone,
    Ambiguous,
    AppCredentials,
    Attempt,
    Deleted,
    Draft,
    Found,
    Grant,
    Image,
    Metrics,
    NetworkFault,
    Payload,
    Prepared,
    RateLimited,
    Reauth,
)
from app.networks.http import Rules
from app.networks.practice import Practice
from app.practice.server import Running, start
from tests.practice.client import PNG, Trainer

CALLBACK = "http://127.0.0.1:9/callback"
LINK = "http://localhost:8000/s/Ab3dE"
DRAFT = Draft("0190-delivery", f"I work at Acme.\n\nGrüße\n\n{LINK}", "de", LINK)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start() as running:
        yield running


@pytest.fixture(scope="module")
def practice(server: Running) -> Iterator[Practice]:
    network = Practice(Rules("Outspoken/test"), base_url=server.url, client_name="Acme · Outspoken", website="http://localhost:8000")
    yield network
    network.close()


@pytest.fixture(scope="module")
def app(practice: Practice) -> AppCredentials:
    return practice.register_app(practice.server_for(""), CALLBACK)


def connect(practice: Practice, app: AppCredentials) -> Grant:
    """Emil agrees in his browser."""
    began = practice.begin_authorize(app, CALLBACK)
    form = dict(parse_qsl(urlsplit(began.url).query)) | {"name": "Emil", "decision": "allow"}
    page = requests.post(began.url.split("?")[0], data=form, allow_redirects=False, timeout=10)
    return practice.complete_authorize(app, began.pending, dict(parse_qsl(urlsplit(page.headers["Location"]).query)))


@pytest.fixture
def account(practice: Practice, app: AppCredentials) -> Account:
    grant = connect(practice, app)
    who = grant.identity
    return Account("practice", who.host, who.remote_id, who.handle, grant.tokens, practice.server_limits(who.host))


@pytest.fixture
def trainer(server: Running) -> Iterator[Trainer]:
    trainer = Trainer(server)
    yield trainer
    trainer.call("DELETE", "/faults")


@pytest.fixture
def payload(practice: Practice, account: Account, request: pytest.FixtureRequest) -> Payload:
    """A share of its own for each test, as the server keeps what it was told before."""
    link = f"{LINK}{crc32(request.node.name.encode())}"
    return practice.render(replace(DRAFT, key=request.node.name, text=f"I work at Acme.\n\nGrüße\n\n{link}", link=link), account)


def test_share_read_and_take_back(practice: Practice, account: Account, payload: Payload, trainer: Trainer) -> None:
    published = practice.publish(account, payload, Prepared())
    assert payload.body["status"] in trainer.texts("emil")
    found = practice.reconcile(account, Attempt(payload, datetime.now(UTC)))
    assert isinstance(found, Found)
    assert (found.remote_id, found.url) == (published.remote_id, published.url)
    assert isinstance(practice.metrics(account, [published.remote_id])[published.remote_id], Metrics)
    assert practice.delete(account, published.remote_id) == Deleted()
    assert practice.delete(account, published.remote_id) == AlreadyGone()


def test_with_a_picture_that_takes_a_moment(practice: Practice, account: Account, trainer: Trainer) -> None:
    trainer.fault("media_processing", polls=1)
    picture = Image(PNG, "image/png", "Three pixels")
    payload = practice.render(replace(DRAFT, images=(picture,)), account)
    prepared = practice.prepare(account, payload, [picture])
    assert practice.publish(account, payload, prepared).remote_id


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_after", "html", "no_id"])
@pytest.mark.parametrize("keeps_keys", [True, False])
def test_never_twice_and_never_lost(
    practice: Practice, account: Account, payload: Payload, trainer: Trainer, kind: str, keeps_keys: bool
) -> None:
    if not keeps_keys:
        trainer.fault("ignore_idempotency_key")
    trainer.fault(kind)
    attempt = Attempt(payload, datetime.now(UTC))
    with pytest.raises(Ambiguous):
        practice.publish(account, payload, Prepared())
    if practice.reconcile(account, attempt) == Absent():
        practice.publish(account, payload, Prepared())
    assert trainer.texts("emil").count(payload.body["status"]) == 1


def test_told_to_wait(practice: Practice, account: Account, payload: Payload, trainer: Trainer) -> None:
    trainer.fault("status", status=429, reset_after=90)
    with pytest.raises(RateLimited) as caught:
        practice.publish(account, payload, Prepared())
    assert timedelta(seconds=60) < caught.value.until - datetime.now(UTC) < timedelta(seconds=120)
    assert (caught.value.scope, caught.value.said) == ("user", True)


def test_it_says_what_is_left(practice: Practice, account: Account, payload: Payload) -> None:
    budget = practice.publish(account, payload, Prepared()).budget
    assert budget
    assert 0 < budget.left < 1500
    assert budget.resets_at - datetime.now(UTC) < timedelta(seconds=301)


def test_an_expired_token_is_refreshed_and_a_revoked_one_is_not(
    practice: Practice, app: AppCredentials, payload: Payload, trainer: Trainer
) -> None:
    trainer.fault("token_lifetime", seconds=3600)
    grant = connect(practice, app)
    tokens, who = grant.tokens, grant.identity
    assert tokens.refresh_token
    assert tokens.expires_within(3601)
    trainer.fault("expire_tokens", account="emil")
    account = Account("practice", who.host, who.remote_id, who.handle, tokens)
    with pytest.raises(Reauth, match="token_invalid"):
        practice.publish(account, payload, Prepared())
    fresh = practice.refresh(app, tokens)
    assert practice.publish(replace(account, tokens=fresh), payload, Prepared()).remote_id
    assert practice.revoke(app, fresh)
    with pytest.raises(NetworkFault):
        practice.refresh(app, fresh)


def test_what_just_fits_here_fits_there(practice: Practice, account: Account, trainer: Trainer) -> None:
    assert account.limits is not None
    room = account.limits.text_max - practice.count_text(f"\n\n{LINK}", account.limits).used
    payload = practice.render(replace(DRAFT, text=f"{'ü' * room}\n\n{LINK}"), account)
    assert practice.publish(account, payload, Prepared()).remote_id
