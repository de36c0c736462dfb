"""One running product and one Chromium per test process; for each test an empty company and fresh windows."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from app.people.models import User
from tests import tables
from tests.browser import people
from tests.browser.running import COMPANY, UNDO_SECONDS, Running
from tests.browser.visitors import Visitor, visitor
from tests.chromium import chromium
from tests.servers import Addresses

if TYPE_CHECKING:
    from sqlalchemy import Engine

FLAGS = [
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--disable-quic", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a real Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Stage:
    """What a story is told on: the running product, its people, and their browsers."""

    running: Running
    browser: Browser
    visitors: list[Visitor] = field(default_factory=list)
    failed: bool = False

    def window(self, locale: str = "en", **looks: Any) -> Visitor:
        """A window in which nobody is signed in."""
        self.visitors.append(visitor(self.browser, self.running.url, locale, **looks))
        return self.visitors[-1]

    def enter(self, user: User, **looks: Any) -> Visitor:
        """A window in which this person is signed in, without the form."""
        arrived = self.window(user.locale, **looks)
        arrived.context.add_cookies([{"name": "outspoken", "value": people.cookie(user), "url": self.running.url}])
        return arrived

    def troubles(self) -> list[str]:
        """Everything that any browser complained of."""
        return [trouble for one in self.visitors for trouble in one.troubles]


@pytest.fixture(scope="session")
def browser(running: Running) -> Iterator[Browser]:
    """The one Chromium of this process, started while the product comes up."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def running(addresses: Addresses) -> Iterator[Running]:
    """The running product of this process."""
    product = Running(addresses)
    try:
        product.start()
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="session")
def product_engine(running: Running, engine: "Engine") -> "Iterator[Engine]":
    """Connections of this process to the product's database."""
    from app import db  # noqa: PLC0415

    made = db.connect(running.addresses.owner.replace("postgresql:", "postgresql+psycopg:"), pool_size=2)
    db.bind(bind=engine)
    yield made
    made.dispose()


@pytest.fixture
def stage(running: Running, browser: Browser, product_engine: "Engine", engine: "Engine", seeds: dict[str, bytes]) -> Iterator[Stage]:
    """An empty company in the running product. At the end no browser may have complained of anything."""
    import config  # noqa: PLC0415
    from app import db  # noqa: PLC0415

    before = config.settings()
    running.wait()
    private = frozenset({urlsplit(running.practice_url).netloc})
    here = replace(before, base_url=running.url, practice_url=running.practice_url, allowed_private_hosts=private)
    tables.restore(running.addresses.admin, seeds)
    db.bind(bind=product_engine, join_transaction_mode="conditional_savepoint")
    config.use(replace(here, company=COMPANY, undo_seconds=UNDO_SECONDS))
    played = Stage(running, browser)
    yield played
    troubles = played.troubles()
    for one in played.visitors:
        one.context.close()
    config.use(before)
    db.bind(bind=engine, join_transaction_mode="conditional_savepoint")
    assert played.failed or troubles == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A story that fails shows what the product's processes wrote, and where each window stood."""
    report = yield
    played = getattr(item, "funcargs", {}).get("stage")
    if report.failed and call.when == "call" and isinstance(played, Stage):
        played.failed = True
        windows = "\n".join(f"{one.page.url}\n{one.page.locator('body').inner_text()[:1500]}" for one in played.visitors)
        report.sections.append(("Browsers", f"{windows}\n{played.troubles()}"))
        report.sections.append(("Processes", played.running.said()))
    return report
