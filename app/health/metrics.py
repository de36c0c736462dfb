"""What `/metrics` says: Prometheus' text format, written plainly. Numbers only: no name of a person, no account, no text."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import config
from app.health import alarms, broker, flow, gauges, heartbeats, tallies
from app.health.tallies import BUCKETS, LATENESS, MOVES
from app.sharing import rate_pauses

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("queued", "due", "overdue", "sending", "stuck", "unconfirmed", "held", "keys_lost")
Labels = Mapping[str, str]


def page(*, now: datetime) -> str:
    """The whole page; a handful of bounded queries and one question to the broker."""
    return "\n".join([*_lines(now), ""])


def _lines(now: datetime) -> Iterator[str]:
    yield from _one("info", "gauge", "The version that runs.", [({"version": config.VERSION}, 1)])
    yield from _ledger(now)
    yield from _totals()
    yield from _waiting(now)
    ages = [({"process": one.name}, one.age.total_seconds()) for one in heartbeats.seen()]
    yield from _one("heartbeat_age_seconds", "gauge", "How long ago each process was seen.", ages)
    ringing = {one.kind for one in alarms.ringing()}
    kinds = [({"kind": kind}, int(kind in ringing)) for kind in alarms.KINDS]
    yield from _one("alarm", "gauge", "Whether the admins have been told of this trouble and it is not over.", kinds)
    yield from _broker()


def _ledger(now: datetime) -> Iterator[str]:
    seen, hour = gauges.read(now), flow.lately(now)
    open_ = [({"state": state}, seen.counts[state]) for state in STATES]
    yield from _one("deliveries", "gauge", "Deliveries that are not over, at most 20000 of each; some are in several states.", open_)
    mails = [({"state": state}, seen.counts[f"mails_{state}"]) for state in ("waiting", "failed")]
    yield from _one("mails", "gauge", "Mails that are due, and those given up within the last week (at most 1001).", mails)
    yield from _one("oldest_due_age_seconds", "gauge", "How long the oldest due delivery has waited.", [({}, seen.oldest.total_seconds())])
    yield from _one("database_size_bytes", "gauge", "Size of the database.", [({}, seen.database_size)])
    quantiles = [
        ({"quantile": name}, value) for name, value in (("0.5", hour.p50), ("0.95", hour.p95), ("1", hour.worst)) if value is not None
    ]
    yield from _one("lateness_last_hour_seconds", "gauge", "How late requests left within the last hour.", quantiles)
    yield from _one("sent_last_hour", "gauge", "Requests that left within the last hour (at most 20000 are counted).", [({}, hour.sent)])


def _totals() -> Iterator[str]:
    """Running totals, about a minute behind."""
    counted = tallies.totals()
    moves = [({"to": to}, count) for to, count in sorted(counted[MOVES].items())]
    yield from _one("delivery_moves_total", "counter", "How often deliveries have gone to each state.", moves)
    late, name = counted[LATENESS], "outspoken_lateness_seconds"
    yield f"# HELP {name} How late requests left, after the moment at which they should have."
    yield f"# TYPE {name} histogram"
    for most in BUCKETS:
        yield f'{name}_bucket{{le="{_number(most)}"}} {_number(late.get(str(most), 0))}'
    yield f'{name}_bucket{{le="+Inf"}} {_number(late.get("count", 0))}'
    yield f"{name}_sum {_number(late.get('sum', 0))}"
    yield f"{name}_count {_number(late.get('count', 0))}"


def _waiting(now: datetime) -> Iterator[str]:
    """Networks that have asked us to wait, by scope and without naming accounts: the longest wait, and how many there are."""
    longest: dict[tuple[str, str], float] = {}
    many: dict[tuple[str, str], int] = {}
    for one in rate_pauses.paused(now):
        key = one.network, one.scope
        longest[key] = max(longest.get(key, 0), (one.until - now).total_seconds())
        many[key] = many.get(key, 0) + 1
    seconds = [({"network": network, "scope": scope}, value) for (network, scope), value in longest.items()]
    counts = [({"network": network, "scope": scope}, value) for (network, scope), value in many.items()]
    yield from _one("rate_pause_seconds", "gauge", "For how long a network has asked us to wait.", seconds)
    yield from _one("rate_pauses", "gauge", "How many scopes of a network wait.", counts)
    yield from _one("stops", "gauge", "Stops that people have pressed and not ended.", [({}, len(flow.stops()))])


def _broker() -> Iterator[str]:
    try:
        waiting = broker.waiting(config.settings().broker_url)
    except broker.Unreachable:
        yield from _one("broker_up", "gauge", "Whether the broker answers.", [({}, 0)])
        return
    yield from _one("broker_up", "gauge", "Whether the broker answers.", [({}, 1)])
    yield from _one("broker_messages", "gauge", "Messages that wait for a worker.", [({}, waiting)])


def _one(name: str, kind: str, words: str, values: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP outspoken_{name} {words}"
    yield f"# TYPE outspoken_{name} {kind}"
    for labels, value in values:
        yield f"outspoken_{name}{_labels(labels)} {_number(value)}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
