"""What the stub network holds and what it has seen: every create request with its moment, and the posts that came of them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Post:
    """One post of one account."""

    id: int
    account: str
    text: str
    made_at: float
    gone: bool = False

    def as_json(self) -> dict[str, Any]:
        """As Mastodon's API writes a status, with what a connector reads."""
        moment = datetime.fromtimestamp(self.made_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        address = f"http://127.0.0.1/@a{self.account}/{self.id}"
        return {"id": str(self.id), "created_at": moment, "url": address, "uri": address, "content": f"<p>{self.text}</p>"}


@dataclass
class Memory:
    """All posts by account, and the log: (moment, account, key, marker, status) of every create request."""

    posts: dict[int, Post] = field(default_factory=dict)
    by_account: dict[str, list[Post]] = field(default_factory=dict)
    by_key: dict[tuple[str, str], Post] = field(default_factory=dict)
    log: list[tuple[float, str, str, str, int]] = field(default_factory=list)
    made: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def make(self, account: str, key: str, text: str, at: float, *, keeps_keys: bool) -> Post:
        """A new post, or the one that this key has made before."""
        known = self.by_key.get((account, key)) if keeps_keys and key else None
        if known:
            return known
        self.made += 1
        post = Post(self.made, account, text, at)
        self.posts[post.id] = post
        self.by_account.setdefault(account, []).append(post)
        self.by_key[account, key] = post
        return post

    def timeline(self, account: str, *, before: int, limit: int) -> list[dict[str, Any]]:
        """An account's own posts, newest first."""
        found = [post for post in reversed(self.by_account.get(account, [])) if not post.gone and (not before or post.id < before)]
        return [post.as_json() for post in found[:limit]]

    def forget(self) -> None:
        """Start anew."""
        self.posts.clear()
        self.by_account.clear()
        self.by_key.clear()
        self.log.clear()
        self.most_in_flight = 0

    def lines(self, start: int) -> bytes:
        """The log from a place on, a JSON list."""
        return json.dumps(self.log[start:]).encode()
