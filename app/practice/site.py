"""The site: what all parts of the practice network share, and the Flask application around it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from app.practice.faults import Faults
from app.practice.journal import Journal
from app.practice.pacing import Pacing
from app.practice.storage import Storage

UPLOAD_LIMIT = 40 * 1024 * 1024


@dataclass
class Site:
    """One running practice network. `now` gives seconds since 1970 and can be set by tests."""

    storage: Storage
    base_url: str
    control_token: str | None = None
    now: Callable[[], float] = time.time
    rate_limit: int = 1500
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        self.pacing = Pacing(self.rate_limit)

    def new_id(self) -> int:
        """The next id, by this site's clock."""
        return self.storage.new_id(self.now())


def here() -> Site:
    """The site that answers this request."""
    return cast("Site", current_app.extensions["practice"])


def new_secret() -> str:
    """43 characters nobody can guess."""
    return secrets.token_urlsafe(32)


def create_site(site: Site) -> Flask:
    """The WSGI application for one site."""
    from app.practice import control, errors, instance_api, media_api, oauth, pages, statuses_api  # noqa: PLC0415

    app = Flask("app.practice", static_url_path="/static")
    app.extensions["practice"] = site
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = UPLOAD_LIMIT
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for room in (oauth, statuses_api, media_api, instance_api, control, pages):
        app.register_blueprint(room.blueprint)
    errors.install(app)
    return app
