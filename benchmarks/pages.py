"""What a page weighs and costs in the running product.

    .venv/bin/python -m benchmarks.pages DIR

Weight: bytes over the wire, compressed, with style sheet, script and sprite as on a first visit.
Time: median of 15 requests, one at a time.
"""

import re
import statistics
import sys
import time
from pathlib import Path

import requests

from benchmarks.product import Product, running, sign_in

ROUNDS = 15
PAGES = (
    ("emil@nordwerk.example", "/"),
    ("emil@nordwerk.example", "/shares"),
    ("emil@nordwerk.example", "/accounts"),
    ("emil@nordwerk.example", "/guidelines"),
    ("edda@nordwerk.example", "/write"),
    ("edda@nordwerk.example", "/proposals"),
    ("ravi@nordwerk.example", "/review"),
    ("ada@nordwerk.example", "/admin/people"),
    ("ada@nordwerk.example", "/admin/health"),
    ("ada@nordwerk.example", "/admin/audit"),
)


def main(data: Path) -> None:
    """Print a row a page."""
    product = running(data)
    browsers = {email: sign_in(product, email) for email in {email for email, _ in PAGES}}
    print(f"{'page':16} {'html gz':>8} {'all gz':>8} {'requests':>8} {'p50 ms':>7} {'max ms':>7}")
    for email, path in PAGES:
        html, assets = weigh(product, browsers[email], path)
        times = [once(product, browsers[email], path) for _ in range(ROUNDS)]
        total = html + sum(assets)
        print(f"{path:16} {html:8} {total:8} {1 + len(assets):8} {statistics.median(times):7.1f} {max(times):7.1f}")


def weigh(product: Product, browser: requests.Session, path: str) -> tuple[int, list[int]]:
    """Compressed bytes of the page, and of everything of ours that its head and its icons ask for."""
    page = browser.get(product.base_url + path, timeout=30)
    page.raise_for_status()
    wanted = {found.split("#")[0] for found in re.findall(r'(?:src|href)="(/static/[^"]+|/brand\.css[^"]*)"', page.text)}
    return wire(browser, product.base_url + path), [wire(browser, product.base_url + one) for one in sorted(wanted)]


def wire(browser: requests.Session, url: str) -> int:
    """Bytes of the answer's body as they travel."""
    with browser.get(url, stream=True, timeout=30, headers={"Accept-Encoding": "br, gzip"}) as answer:
        return len(answer.raw.read(decode_content=False))


def once(product: Product, browser: requests.Session, path: str) -> float:
    """Milliseconds of one request."""
    began = time.perf_counter()
    browser.get(product.base_url + path, timeout=30)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
