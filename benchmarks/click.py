"""From the click to the network: how long a share takes in the running product, undo set to zero.

    UNDO_SECONDS=0 python3 run.py --data DIR
    .venv/bin/python -m benchmarks.click DIR 60

The practice network judges: latency is the moment at which the create request arrives there, less the moment at which the click was sent.
"""

import random
import statistics
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from benchmarks.product import Product, running, sign_in, token

EMAIL = "emil@nordwerk.example"


def main(data: Path, clicks: int) -> None:
    """Print min, median, 95th percentile and max, and how many posts the network counts for how many clicks."""
    product = running(data)
    account, posts = prepare(clicks)
    browser = sign_in(product, EMAIL)
    form_token = token(browser, f"{product.base_url}/shares")
    before = len(arrivals(product))
    waits = [click(product, browser, form_token, account, post) for post in posts]
    made = len(arrivals(product)) - before
    waits.sort()
    p95 = waits[max(0, round(len(waits) * 0.95) - 1)]
    print(f"{clicks} clicks, {made} create requests at the network")
    print(f"click to arrival, ms: min {waits[0]:.0f}  p50 {statistics.median(waits):.0f}  p95 {p95:.0f}  max {waits[-1]:.0f}")


def prepare(clicks: int) -> tuple[str, list[str]]:
    """An account at the practice network and as many approved posts, made beforehand; one person may share them all."""
    import config  # noqa: PLC0415 - reads the settings of the running product
    from app import db, models  # noqa: F401, PLC0415
    from app.people.models import User  # noqa: PLC0415
    from app.sharing import caps  # noqa: PLC0415
    from tests import rows  # noqa: PLC0415
    from tests.sharing import builders  # noqa: PLC0415

    db.connect(config.settings().database_url)
    with db.transaction() as session:
        people = {user.email: user for user in session.query(User)}
        author, reviewer, emil = (people[f"{name}@nordwerk.example"] for name in ("edda", "ravi", "emil"))
        account = builders.account(emil, _control())
        caps.change("practice", caps.Cap(caps.MOST_PER_HOUR, caps.MOST_PER_DAY, apart_minutes=5), by=people["ada@nordwerk.example"].id)
        posts = [rows.post(author, reviewer) for _ in range(clicks)]
        return str(account.id), [str(post.id) for post in posts]


def _control() -> Any:
    import os  # noqa: PLC0415
    from types import SimpleNamespace  # noqa: PLC0415

    from tests.sharing.builders import Control  # noqa: PLC0415

    return Control(SimpleNamespace(url=os.environ["PRACTICE_URL"], control_token=os.environ["PRACTICE_CONTROL_TOKEN"]))  # type: ignore[arg-type]


def click(product: Product, browser: requests.Session, form_token: str, account: str, post: str) -> float:
    """Click at a random phase; returns the milliseconds until the request reaches the network."""
    time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - a phase, not a secret
    known = len(arrivals(product))
    form = {"csrf_token": form_token, "click": uuid.uuid4().hex, "language": "en", "account": account}
    began = time.time()
    browser.post(f"{product.base_url}/posts/{post}/shares", data=form, timeout=30, allow_redirects=False).raise_for_status()
    for _ in range(600):
        seen = arrivals(product)
        if len(seen) > known:
            return (moment(seen[-1]["at"]) - began) * 1000
        time.sleep(0.02)
    raise TimeoutError(f"the share of {post} did not arrive within 12 seconds")


def arrivals(product: Product) -> list[dict[str, Any]]:
    """The create requests that the practice network has seen."""
    address = f"{product.environment['PRACTICE_URL']}/_practice/requests?method=POST&path=/api/v1/statuses"
    headers = {"Authorization": f"Bearer {product.environment['PRACTICE_CONTROL_TOKEN']}"}
    found: list[dict[str, Any]] = requests.get(address, headers=headers, timeout=10).json()
    return found


def moment(written: str | float) -> float:
    """Seconds since 1970."""
    return float(written) if isinstance(written, (int, float)) else datetime.fromisoformat(written).timestamp()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60)
