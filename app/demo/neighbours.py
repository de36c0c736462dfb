"""The first posts on the practice network, by invented neighbours. Its absence is no reason to complain."""

import logging
import os

import requests

from app.demo.company import read

log = logging.getLogger(__name__)

SECONDS = 3


def greet(practice_url: str) -> int:
    """Let the neighbours say something on an empty timeline; returns how many did."""
    token = os.environ.get("PRACTICE_CONTROL_TOKEN", "")
    if not practice_url or not token:
        return 0
    with requests.Session() as control:
        control.headers["Authorization"] = f"Bearer {token}"
        try:
            return _greet(control, f"{practice_url}/_practice")
        except requests.RequestException:
            log.warning("the practice network did not answer; its timeline starts empty", exc_info=True)
            return 0


def _greet(control: requests.Session, address: str) -> int:
    there = control.get(f"{address}/statuses", timeout=SECONDS)
    there.raise_for_status()
    if there.json():
        return 0
    neighbours = read("company.toml")["neighbour"]
    for one in neighbours:
        _post(control, f"{address}/accounts", {"name": one["name"], "language": one["language"]})
        _post(control, f"{address}/statuses", {"account": one["name"], "text": one["text"], "language": one["language"]})
    return len(neighbours)


def _post(control: requests.Session, address: str, facts: dict[str, str]) -> None:
    control.post(address, json=facts, timeout=SECONDS).raise_for_status()
