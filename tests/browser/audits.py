"""What every page has to pass: axe, 320 pixels, and the budget of a cold visit."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession

from tests.browser.visitors import DESKTOP, NARROW, PHONE, Visitor
from tests.servers import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})
    .then(found => found.violations.map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.target.join(' ')).join(' | ')}`))"""
WIDER = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 0.5).slice(0, 8)
    .map(one => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
NODES = "() => document.querySelectorAll('*').length"
MOST_BYTES, MOST_SCRIPT_BYTES, MOST_NODES = 100_000, 25_000, 900


class Scales:
    """Weighs what a window fetches, as it comes over the line: compressed, with headers, nothing from the cache."""

    def __init__(self, who: Visitor) -> None:
        self._session: CDPSession = who.context.new_cdp_session(who.page)
        self._kinds: dict[str, str] = {}
        self._bytes: dict[str, float] = {}
        self._session.on("Network.responseReceived", self._begun)
        self._session.on("Network.loadingFinished", self._ended)
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _begun(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _ended(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]

    def empty(self) -> None:
        """Before the next page."""
        self._kinds.clear()
        self._bytes.clear()

    def weight(self, kind: str = "") -> float:
        """Bytes since then; of one kind ("Script") or of all."""
        return sum(size for request, size in self._bytes.items() if kind in ("", self._kinds.get(request)))


def complaints(who: Visitor, scales: Scales, *, phone: bool) -> Iterator[str]:
    """What is wrong with the page that is open."""
    weighed = {
        "bytes": (scales.weight(), MOST_BYTES),
        "bytes of script": (scales.weight("Script"), MOST_SCRIPT_BYTES),
        "nodes": (who.page.evaluate(NODES), MOST_NODES),
    }
    yield from (f"{size:.0f} {what}, more than {most}" for what, (size, most) in weighed.items() if size > most)
    yield from who.page.evaluate(RUN_AXE, RULES)
    if phone:
        who.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        yield from (f"reaches beyond 320 pixels: {one}" for one in who.page.evaluate(WIDER))
    who.page.set_viewport_size(PHONE if phone else DESKTOP)  # type: ignore[arg-type]
