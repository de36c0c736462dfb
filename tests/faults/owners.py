"""What owners do when they are asked to: look at their profile and say what is there, and connect again."""

import uuid

from app.db import session, transaction
from app.people.models import User
from app.sharing import deliveries
from app.sharing.account_models import ConnectedAccount
from app.sharing.deliveries import Answer
from tests.faults.ground import Ground
from tests.sharing import builders

ASKED = """
    SELECT d.id, d.user_id, a.host, a.state = 'connected' AND p.state = 'live'
    FROM deliveries d JOIN connected_accounts a ON a.id = d.account_id JOIN posts p ON p.id = d.post_id
    WHERE d.id = ANY (%(ids)s) AND d.state = 'unconfirmed' AND d.looks >= 3 AND d.lease IS NULL
"""
OUT = """
    SELECT a.id, a.user_id FROM connected_accounts a JOIN users u ON u.id = a.user_id
    WHERE a.state = 'needs_reconnect' AND u.deactivated_at IS NULL
        AND EXISTS (SELECT FROM deliveries d WHERE d.account_id = a.id AND d.id = ANY (%(ids)s) AND d.state = 'held')
"""


def answer(ground: Ground, ids: list[uuid.UUID]) -> int:
    """Whoever is asked "Is it on your profile?" looks there and says so; returns how many were asked.

    What is not there is sent, and left where nothing can be sent any more: from an account that is not connected, or a post withdrawn.
    """
    there = {one["idempotency_key"].partition(":")[0]: one for one in ground.judge.posts()}
    found = ground.ask(ASKED, {"ids": ids})
    for delivery, user, host, can_go in found:
        post = there.get(str(delivery))
        url = f"https://{host}/@{post['account']}/{post['id']}" if post else ""
        answer = Answer.THERE if post else Answer.SEND if can_go else Answer.LEAVE
        with transaction():
            deliveries.answer_unconfirmed(session.get_one(User, user), delivery, answer, url=url)
    return len(found)


def connect_again(ground: Ground, ids: list[uuid.UUID]) -> int:
    """Whoever is asked to gives us new tokens for the same account; returns how many did."""
    found = ground.ask(OUT, {"ids": ids})
    for account_id, user_id in found:
        with transaction():
            account = session.get_one(ConnectedAccount, account_id)
            made = ground.judge.account(account.handle.split("@")[1])
            builders.connect_again(session.get_one(User, user_id), account, made)
    return len(found)
