"""The running product, seen from a measuring program: its settings, its processes, a browser signed in."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PASSWORD = "pumps-and-people"  # noqa: S105 - the demo company's, printed at every start


@dataclass(frozen=True)
class Product:
    """A running product by its data directory."""

    base_url: str
    environment: dict[str, str]
    pids: list[int]
    supervisor: int


def running(data: Path) -> Product:
    """Read where it runs, and take over its settings so that this program can use its database."""
    found: dict[str, Any] = json.loads((data / "run.json").read_text())
    os.environ.update(found["environment"])
    pids = [process["pid"] for process in found["processes"]]
    return Product(found["environment"]["BASE_URL"], found["environment"], pids, found["supervisor"])


def sign_in(product: Product, email: str) -> requests.Session:
    """A browser without script, signed in as one of the demo people."""
    browser = requests.Session()
    form = {"email": email, "password": PASSWORD, "csrf_token": token(browser, f"{product.base_url}/sign-in")}
    answer = browser.post(f"{product.base_url}/sign-in", data=form, timeout=30)
    answer.raise_for_status()
    return browser


def token(browser: requests.Session, url: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(url, timeout=30).text)
    if found is None:
        raise LookupError(f"{url} has no form token")
    return found[1]
