"""What stops here when something ends in an earlier room: a person leaves, or a post is withdrawn; and what a person finds who is back.

Registered when this is imported.
"""

from functools import partial

from app.db import on_commit
from app.editorial.models import Post
from app.editorial.posts import WHEN_WITHDRAWN
from app.people.deactivation import WHEN_DEACTIVATED, WHEN_REACTIVATED
from app.people.models import User
from app.sharing import accounts, doubts, holding, revoking, telling


def person_left(user: User) -> None:
    """Nothing that has not left goes out in their name any more, their tokens are wiped, and nobody waits for their answers."""
    locked = [accounts.own(user, account.id, lock=True) for account in accounts.of(user)]  # before their deliveries, as everywhere
    holding.cancel(user_id=user.id, by=None, problem="person_left")
    for account in locked:
        farewell = accounts.let_go(account, by=None)
        if farewell is not None:
            on_commit(partial(revoking.revoke_beside, farewell))
    doubts.close_of(user)


def person_is_back(user: User) -> None:
    """What is still in doubt is their question again."""
    doubts.ask_again(user)


def post_withdrawn(post: Post, by: User, reason: str) -> None:
    """What has not left stays here; everybody who shared it is told why, and decides about what is published."""
    del by
    holding.skip_post(post.id)
    telling.withdrawn(post, reason)


def register() -> None:
    """Put them on the lists of the earlier rooms, once."""
    for stops, stop in ((WHEN_DEACTIVATED, person_left), (WHEN_REACTIVATED, person_is_back), (WHEN_WITHDRAWN, post_withdrawn)):
        if stop not in stops:
            stops.append(stop)  # type: ignore[arg-type]


register()
