"""A person at a browser without JavaScript: signs in at the real web server and clicks again when it does not answer."""

import re
import time
import uuid

import requests

from app.db import transaction
from app.people import passwords
from tests import rows
from tests.faults.ground import Ground
from tests.sharing import builders

PASSWORD = "a long password for tests"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"|name="csrf-token" content="([^"]+)"')


class Visitor:
    """Somebody new, with an account, and signed in."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._base, self._session = ground, ground.environment["BASE_URL"], requests.Session()
        with transaction():
            user = rows.person("Emil")
            passwords.keep(user, PASSWORD)
            self.account, email = builders.account(user, ground.judge).id, user.email
        ground.wait(self._answers, "the web server")
        facts = {"email": email, "password": PASSWORD, "csrf_token": self._token("/sign-in")}
        answer = self._session.post(f"{self._base}/sign-in", data=facts, timeout=60, allow_redirects=False)
        assert answer.status_code == 303, answer.text[:500]
        self._csrf = self._token("/shares")

    def click(self, post: uuid.UUID, *, times: int = 2, seconds: float = 120) -> str:
        """Share one post, pressing again and again until the server has said yes so often; returns the click."""
        click, end = uuid.uuid4().hex, time.monotonic() + seconds
        while times:
            assert time.monotonic() < end, "the web server did not take a click"
            self._ground.revive()
            times -= self._press(post, click)
        return click

    def _press(self, post: uuid.UUID, click: str) -> bool:
        facts = {"account": str(self.account), "click": click, "language": "en", "csrf_token": self._csrf}
        try:
            answer = self._session.post(f"{self._base}/posts/{post}/shares", data=facts, timeout=20, allow_redirects=False)
        except requests.RequestException:
            time.sleep(0.2)
            return False
        assert answer.status_code == 303 or answer.status_code >= 500, answer.text[:500]
        time.sleep(0.2)
        return answer.status_code == 303

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._base}/healthz", timeout=20).ok
        except requests.RequestException:
            return False

    def _token(self, page: str) -> str:
        found = TOKEN.search(self._session.get(f"{self._base}{page}", timeout=60).text)
        assert found, page
        return found[1] or found[2]
