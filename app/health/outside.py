"""The doctor's look at the networks: what each one needs from the settings."""

from collections.abc import Iterator

import config
from app.errors import _
from app.health.findings import Finding, broken, note, ok
from app.networks.faults import NetworkFault
from app.sharing import networks as ours


def networks() -> Iterator[Finding]:
    """Every network of the registry: on or off, and whether its settings can be used. No network is called."""
    try:
        known = ours.networks()
    except NetworkFault as fault:
        yield broken(
            _("Networks"),
            _("A setting of a network cannot be used (%(code)s).", code=fault.code),
            _("Mend PRACTICE_URL: http://host:port without a path."),
        )
        return
    for key, network in known.items():
        yield _practice() if key == "practice" else _network(key, network.name)


def _network(key: str, name: str) -> Finding:
    if ours.is_on(key):
        return ok(name, _("On. It needs no settings: our application registers itself at each server."))
    return note(name, _("Switched off by an admin."))


def _practice() -> Finding:
    name = _("Practice network")
    if config.settings().development:
        return ok(name, _("For practising, in development."))
    if not ours.is_on("practice"):
        return ok(name, _("Off, as it should be in production."))
    return note(
        name,
        _("Switched on in production: posts there are for practice only."),
        _("Switch it off under Admin, Networks, when the training is over."),
    )
