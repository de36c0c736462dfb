"""The doctor's look at settings, keys and files."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.fernet import Fernet

import config
from app.errors import _
from app.health import reseal
from app.health.findings import Finding, broken, note, ok

LOOKED_AT = 10_000
SHORTEST_SECRET = 32
MOUNTED = ("/run/secrets/",)


def address() -> Finding:
    """Production is https; cookies and OAuth need it."""
    name, settings = _("Public address"), config.settings()
    if settings.development or settings.secure_cookies:
        return ok(name, settings.base_url)
    words = _("%(url)s is not https: passwords and sign-ins could be read on the way.", url=settings.base_url)
    return broken(name, words, _("Put a TLS proxy in front and set BASE_URL=https://your.address and TRUSTED_PROXIES=1."))


def secret_key() -> Finding:
    """Long and random enough that nobody guesses it."""
    name, settings = _("SECRET_KEY"), config.settings()
    if len(settings.secret_key) >= SHORTEST_SECRET and len(set(settings.secret_key)) >= 10:
        return ok(name, _("It is long enough."))
    words, step = (
        _("It is short, and could be guessed."),
        _('Set a new one: python3 -c "import secrets; print(secrets.token_urlsafe(48))".'),
    )
    return note(name, words, step) if settings.development else broken(name, words, step)


def encryption() -> Finding:
    """The keys are keys, and open what is stored."""
    name = _("Encryption keys")
    bad = [number for number, key in enumerate(config.settings().encryption_keys, 1) if not _is_key(key)]
    if bad:
        step = _('Make one: python3 -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())".')
        return broken(name, _("Key number %(number)s in ENCRYPTION_KEYS is none.", number=bad[0]), step)
    count, closed = reseal.unreadable(LOOKED_AT)
    if closed:
        words = _("%(closed)s of %(count)s stored secrets open with none of the keys.", closed=closed, count=count)
        return broken(
            name,
            words,
            _("Put the old key behind the new one in ENCRYPTION_KEYS, then python3 run.py reseal. Without it, people connect again."),
        )
    return ok(name, _("They open everything that is stored (%(count)s values looked at).", count=count))


def files(env: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Secrets in files are for us alone."""
    for variable in sorted(name for name in env if name.endswith("_FILE") and name.removesuffix("_FILE") in SECRET):
        path = env[variable]
        if not path or path.startswith(MOUNTED):
            continue
        finding = _file(variable, Path(path))
        if finding:
            yield finding


SECRET = frozenset(
    {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "MAIL_URL", "METRICS_TOKEN", "PRACTICE_CONTROL_TOKEN"}
)


def _file(variable: str, path: Path) -> Finding | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return broken(
            variable, _("%(path)s cannot be read: %(reason)s", path=path, reason=error.strerror), _("Mend the path or its owner.")
        )
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        return broken(variable, _("Others on this machine may read or change %(path)s.", path=path), f"chmod 600 {path}")
    return ok(variable, _("Only we can read %(path)s.", path=path))


def _is_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
