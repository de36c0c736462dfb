"""`python3 run.py doctor`: every part of an installation, how it is, and the step that mends it."""

import json
import sys
from collections.abc import Callable, Iterator

import config
from app import db, models  # noqa: F401 - all mappers
from app.errors import _
from app.health import outside, secrets, services
from app.health.findings import Finding, Grade, broken, ok


def examine() -> list[Finding]:
    """Look at everything; needs settings and a session. What stands on a broken database is not looked at."""
    found = [ok(_("Settings"), _("All that are needed are set.")), *services.database()]
    if found[1].grade != Grade.BROKEN:
        found += _guarded(services.processes, secrets.encryption, outside.networks)
    return found + _guarded(services.message_broker, services.mail, secrets.address, secrets.secret_key, secrets.files)


def _guarded(*looks: Callable[[], Finding | Iterator[Finding]]) -> list[Finding]:
    """Each look, so that one that fails in an unforeseen way is a finding of its own and stops no other."""
    found: list[Finding] = []
    for look in looks:
        try:
            seen = look()
            found += [seen] if isinstance(seen, Finding) else list(seen)
        except Exception as error:
            db.rollback()
            words = _("This could not be looked at: %(reason)s", reason=f"{type(error).__name__}: {error}"[:200])
            found.append(broken(look.__name__, words, _("Mend what is broken above first, then run the doctor again.")))
    return found


def main(*, as_json: bool = False) -> int:
    """Print what was found, one line each; 1 when something is broken, else 0."""
    try:
        settings = config.settings()
    except config.ConfigError as error:
        found = [broken(_("Settings"), str(error), _("docs/operate.md lists every setting."))]
    else:
        engine = db.connect(settings.database_url)
        found = examine()
        db.session.remove()
        engine.dispose()
    lines = json.dumps([each.as_json() for each in found], indent=1) if as_json else "\n".join(each.as_line() for each in found)
    sys.stdout.write(lines + "\n")
    return int(any(each.grade is Grade.BROKEN for each in found))
