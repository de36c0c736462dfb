"""Pre-flight: what would stop a share is said when it is queued and an hour before it is due, once, with the way out."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

import config
from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.networks.base import TokenSet
from app.notices.models import Mail
from app.people.models import User
from app.sharing import dispatching, preflight, shares, switches
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look

HOUR = timedelta(hours=1)


def tokens(**more: Any) -> dict[str, Any]:
    """What an account may hold."""
    return TokenSet(**{"access_token": "a token", **more}).as_json()


def of_emil(**more: Any) -> tuple[User, ConnectedAccount, Post]:
    """Emil with an account and a post to share."""
    emil = rows.emil()
    emil.password_hash = "set"
    return emil, builders.plain_account(emil, **more), builders.post()


def codes(delivery: Delivery) -> list[str]:
    return [one.code for one in preflight.findings(delivery, delivery.account, delivery.post)]


def planned(user: User, on: Post, account: ConnectedAccount, **ahead: Any) -> Delivery:
    """One delivery, planned for then."""
    return builders.delivery(builders.share(user, on, account, at=later(**(ahead or {"hours": 5}))))


@pytest.mark.usefixtures("db")
class TestWhenItIsQueued:
    """Only what the database knows."""

    def test_nothing_stands_against_it(self) -> None:
        emil, account, post = of_emil()
        delivery = planned(emil, post, account)
        assert (codes(delivery), delivery.warning) == ([], None)

    def test_it_is_looked_at_again_an_hour_before(self) -> None:
        emil, account, post = of_emil()
        far = planned(emil, post, account, hours=5)
        assert far.check_due_at == far.due_at - HOUR
        near = builders.delivery(builders.share(emil, builders.post(), account, at=later(minutes=50)))
        assert near.check_due_at is None

    def test_a_token_that_ends_before_and_cannot_be_renewed(self) -> None:
        emil, account, post = of_emil()
        account.tokens = tokens(expires_at=later(hours=4))
        assert planned(emil, post, account, hours=5).warning == "token_ends"
        assert builders.delivery(builders.share(emil, builders.post(), account, at=later(hours=3))).warning is None

    def test_a_token_that_ends_and_can_be_renewed_is_no_trouble(self) -> None:
        emil, account, post = of_emil()
        account.tokens = tokens(expires_at=later(hours=4), refresh_token="r")
        assert planned(emil, post, account).warning is None
        account.tokens = tokens(expires_at=later(hours=1), refresh_token="r", refresh_expires_at=later(hours=2))
        assert builders.delivery(builders.share(emil, builders.post(), account, at=later(hours=5))).warning == "token_ends"

    @pytest.mark.parametrize(("granted", "found"), [(("read",), "scope_missing"), (("write",), None), ((), None)])
    def test_a_scope_that_was_not_granted(self, granted: tuple[str, ...], found: str | None) -> None:
        """A broad one covers its parts; where the network has not said what it granted, nothing is claimed."""
        emil, account, post = of_emil()
        account.tokens = tokens(scopes=granted)
        assert planned(emil, post, account).warning == found

    def test_what_has_changed_since(self) -> None:
        """The window, the length that the server takes, the words that say where one works, the switch."""
        emil, account, post = of_emil()
        delivery = planned(emil, post, account)
        post.share_until = later(hours=2)
        assert codes(delivery) == ["window_ends"]
        account.limits = {**account.limits, "text_max": 20}
        before = config.settings()
        config.use(replace(before, company="Another name"))
        try:
            assert codes(delivery) == ["window_ends", "too_long", "disclosure_missing"]
        finally:
            config.use(before)
        switches.turn("mastodon", on=False, by=rows.ada().id)
        assert codes(delivery)[0] == "network_off"


@pytest.mark.usefixtures("committed")
class TestAnHourBefore:
    """The job; the practice network answers."""

    def test_all_is_well(self, control: Control) -> None:
        """Nobody is told anything, and nothing is looked at twice."""
        [delivery_id] = queued(control)
        assert check(delivery_id) == 1
        found = look(delivery_id)
        assert (found.warning, found.check_due_at, builders.notices(found.user_id)) == (None, None, [])
        assert len(control.requests("GET", "/api/v1/accounts/verify_credentials")) == 1
        assert preflight.check_due(now=later(minutes=240)) == 0

    def test_a_token_that_the_network_has_forgotten(self, control: Control) -> None:
        """Its owner hears an hour before, once, and not after the failure."""
        ids = queued(control, count=3)
        control.fault("expire_tokens", refresh_too=True)
        for one in ids:
            check(one)
        found = look(ids[0])
        assert [look(one).state for one in ids] == ["held"] * 3
        assert (found.account.state, builders.notices(found.user_id), builders.mails(found.user_id)) == (
            "needs_reconnect",
            ["reconnect_needed"],
            1,
        )

    def test_the_token_is_renewed_ahead(self, control: Control) -> None:
        """It would have ended before; now it lasts."""
        control.fault("token_lifetime", seconds=3600, times=1)
        [delivery_id] = queued(control)
        old = look(delivery_id).account.tokens
        check(delivery_id)
        found = look(delivery_id)
        assert (found.state, found.warning, builders.notices(found.user_id)) == ("queued", None, [])
        assert found.account.tokens != old

    def test_a_network_that_does_not_answer_is_no_finding(self, control: Control) -> None:
        """It may be back in an hour."""
        [delivery_id] = queued(control)
        control.fault("status", status=503, method="GET", path="/api/v1/accounts/verify_credentials", times=None)
        check(delivery_id)
        found = look(delivery_id)
        assert (found.state, found.warning, builders.notices(found.user_id)) == ("queued", None, [])

    def test_an_account_s_trouble_is_told_once(self, control: Control) -> None:
        """One notice and one mail, however many shares wait there, on one day or on several; also when it comes true."""
        ids = queued(control, count=3)
        with transaction():
            account = session.get_one(ConnectedAccount, look(ids[0]).account_id)
            account.tokens = {**(account.tokens or {}), "expires_at": later(hours=4).isoformat(), "refresh_token": None}
        for one in ids:
            check(one)
        found = look(ids[0])
        assert [look(one).warning for one in ids] == ["token_ends"] * 3
        assert (builders.notices(found.user_id), builders.mails(found.user_id)) == (["account_ends"], 1)
        control.fault("expire_tokens", refresh_too=True)
        due_now(ids)
        dispatching.run()
        assert builders.notices(found.user_id) == ["account_ends", "reconnect_needed"]
        assert (look(ids[0]).state, builders.mails(found.user_id)) == ("held", 1)

    def test_a_missing_permission_holds_at_once(self, control: Control) -> None:
        """Nothing can leave before the owner has connected again."""
        [delivery_id] = queued(control)
        with transaction():
            account = session.get_one(ConnectedAccount, look(delivery_id).account_id)
            account.tokens = {**(account.tokens or {}), "scopes": ["read"]}
        check(delivery_id)
        found = look(delivery_id)
        assert (found.state, found.problem, builders.notices(found.user_id)) == ("held", "scope_missing", ["reconnect_permission"])

    @pytest.mark.parametrize("code", ["window_ends", "too_long", "disclosure_missing", "network_off"])
    def test_a_share_s_own_trouble(self, control: Control, code: str) -> None:
        """One notice and one mail for it, with the way out; it shows under My shares."""
        [delivery_id] = queued(control)
        spoil(look(delivery_id), code)
        check(delivery_id)
        check(delivery_id)
        found = look(delivery_id)
        assert (found.warning, builders.notices(found.user_id)) == (code, [f"share_at_risk_{code}"])
        [mail] = session.scalars(select(Mail).where(Mail.user_id == found.user_id))
        assert "%(" not in mail.body
        assert f"/shares#delivery-{delivery_id}" in mail.body

    def test_moved_to_later(self, control: Control) -> None:
        """It got another minute meanwhile: it is looked at an hour before that one."""
        [delivery_id] = queued(control)
        with transaction():
            session.get_one(Delivery, delivery_id).due_at = later(hours=30)
        check(delivery_id)
        found = look(delivery_id)
        assert found.check_due_at == found.due_at - HOUR
        assert control.requests("GET", "/api/v1/accounts/verify_credentials") == []

    @pytest.mark.parametrize("state", ["cancelled", "published", "held"])
    def test_not_waiting_any_more(self, control: Control, state: str) -> None:
        """Nobody is told; what is held may be let go, so it is looked at again."""
        [delivery_id] = queued(control)
        spoil(look(delivery_id), "window_ends")
        with transaction():
            builders.force(session.get_one(Delivery, delivery_id), state)
        check(delivery_id)
        found = look(delivery_id)
        assert (found.warning, builders.notices(found.user_id), found.check_due_at is None) == (None, [], state != "held")

    def test_two_jobs_at_once(self, control: Control) -> None:
        """Each delivery is checked by one of them."""
        ids = queued(control, count=4)
        for one in ids:
            spoil(look(one), "too_long")
        moment = look(ids[0]).due_at - HOUR
        counted = builders.at_once(3, lambda _: preflight.check_due(now=max(moment, later(hours=4, minutes=1))))
        assert sum(map(int, map(str, counted))) == 4
        assert sorted(builders.notices(look(ids[0]).user_id)) == ["share_at_risk_too_long"] * 4


def queued(control: Control, *, count: int = 1) -> list[uuid.UUID]:
    """Shares of one person that are due in five hours."""
    with transaction():
        emil = rows.emil()
        emil.password_hash = "set"
        account = builders.account(emil, control, "emil")
        return [builders.delivery(shares_of(emil, account)).id for _ in range(count)]


def shares_of(emil: User, account: ConnectedAccount) -> Any:
    return shares.share(emil, builders.post(), accounts=[account], click=uuid.uuid4().hex, language="en", at=later(hours=5))


def check(delivery_id: uuid.UUID) -> int:
    """Run the job as if it was five hours later but an hour; only this one is due."""
    with transaction():
        waits = Delivery.check_due_at.is_not(None)
        session.execute(update(Delivery).where(waits, Delivery.id != delivery_id).values(check_due_at=later(hours=40)))
        session.execute(update(Delivery).where(waits, Delivery.id == delivery_id).values(check_due_at=later(hours=4)))
    return preflight.check_due(now=later(hours=4, seconds=5))


def due_now(ids: list[uuid.UUID]) -> None:
    """Their minute has come."""
    with transaction():
        for one in ids:
            row = session.get_one(Delivery, one)
            row.due_at, row.latest_at = now(), later(hours=2)


def spoil(delivery: Delivery, code: str) -> None:
    """Change what it stands on since it was queued."""
    post_id, account_id = delivery.post_id, delivery.account_id
    with transaction():
        if code == "window_ends":
            session.get_one(Post, post_id).share_until = later(hours=2)
        elif code == "too_long":
            account = session.get_one(ConnectedAccount, account_id)
            account.limits = {**account.limits, "text_max": 20}
        elif code == "disclosure_missing":
            session.get_one(Delivery, delivery.id).text = "Somebody's old words"
        else:
            switches.turn("practice", on=False, by=rows.ada().id)
