"""Settings, read once from the environment.

Every variable may be given as `NAME` or as `NAME_FILE` (a path to a mounted secret). `docs/operate.md` lists them all.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import available_timezones

VERSION = "0.1.0"


class ConfigError(Exception):
    """A setting is missing or cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """All that an operator can set. Durations are in seconds."""

    database_url: str
    redis_url: str
    broker_url: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    base_url: str = "http://localhost:8000"
    environment: str = "production"
    mail_url: str = ""
    mail_from: str = "outspoken@localhost"
    company: str = "Our company"
    time_zone: str = "Europe/Berlin"
    accent: str = ""
    logo_path: str = ""
    practice_url: str = ""
    practice_rates: tuple[tuple[str, int, int], ...] = (("account", 1500, 300),)
    trusted_proxies: int = 0
    undo_seconds: int = 10
    exact_clicks: bool = False
    metrics_token: str = ""
    log_format: str = "lines"
    allowed_private_hosts: frozenset[str] = field(default_factory=frozenset)

    @property
    def development(self) -> bool:
        """Whether this is somebody's own machine: mails count as sent, the practice network is on, the demo may be loaded."""
        return self.environment == "development"

    @property
    def developer_pages(self) -> bool:
        """Whether the local mail and the components are served; never at a public address, because mails open accounts."""
        return self.development and not self.secure_cookies

    @property
    def secure_cookies(self) -> bool:
        """Cookies are https-only wherever the public address is https."""
        return self.base_url.startswith("https://")


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises ConfigError with the step that mends it."""
    redis_url = _need(env, "REDIS_URL")
    return Settings(
        database_url=_sqlalchemy_url(_need(env, "DATABASE_URL")),
        redis_url=redis_url,
        broker_url=_get(env, "BROKER_URL") or redis_url,
        secret_key=_need(env, "SECRET_KEY"),
        encryption_keys=tuple(_words(_need(env, "ENCRYPTION_KEYS"))),
        base_url=(_get(env, "BASE_URL") or "http://localhost:8000").rstrip("/"),
        environment=_get(env, "OUTSPOKEN_ENV") or "production",
        mail_url=_get(env, "MAIL_URL"),
        mail_from=_get(env, "MAIL_FROM") or "outspoken@localhost",
        company=_get(env, "COMPANY_NAME") or "Our company",
        time_zone=_zone(_get(env, "COMPANY_TIME_ZONE") or "Europe/Berlin"),
        accent=_get(env, "ACCENT_COLOUR"),
        logo_path=_get(env, "LOGO_PATH"),
        practice_url=_get(env, "PRACTICE_URL").rstrip("/"),
        practice_rates=_rates(_get(env, "PRACTICE_RATES") or "account=1500/300"),
        trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0),
        undo_seconds=_integer(env, "UNDO_SECONDS", 10),
        exact_clicks=bool(_integer(env, "EXACT_CLICKS", 0)),
        metrics_token=_get(env, "METRICS_TOKEN"),
        log_format=_one_of(env, "LOG_FORMAT", ("lines", "json")),
        allowed_private_hosts=frozenset(_words(_get(env, "ALLOWED_PRIVATE_HOSTS"))),
    )


def _get(env: Mapping[str, str], name: str) -> str:
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name}_FILE points at {path}, which cannot be read: {error.strerror}.") from error


def _need(env: Mapping[str, str], name: str) -> str:
    value = _get(env, name)
    if not value:
        raise ConfigError(f"{name} is not set. Set it in the environment, or point {name}_FILE at a file that holds it.")
    return value


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    value = _get(env, name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ConfigError(f"{name} must be a whole number, not {value!r}.") from error


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first choice is what holds when nothing is set."""
    value = _get(env, name) or choices[0]
    if value not in choices:
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def _rates(value: str) -> tuple[tuple[str, int, int], ...]:
    found = [re.fullmatch(r"(account|instance|app)=([1-9]\d{0,8})/([1-9]\d{0,6})", word) for word in _words(value)]
    if not all(found):
        raise ConfigError(f"PRACTICE_RATES is {value!r}. Write calls and seconds like account=1500/300 instance=3000/60.")
    return tuple((one.group(1), int(one.group(2)), int(one.group(3))) for one in found if one)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ConfigError(f"COMPANY_TIME_ZONE is {name!r}, which is no time zone. Write one like Europe/Berlin.")
    return name


def _words(value: str) -> list[str]:
    return value.replace(",", " ").split()


def _sqlalchemy_url(url: str) -> str:
    """Operators write postgresql://; SQLAlchemy must be told which driver."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


_current: Settings | None = None


def settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    global _current  # noqa: PLW0603 - one process has one set of settings
    if _current is None:
        _current = load()
    return _current


def use(new: Settings) -> None:
    """Replace the settings of this process (commands and tests)."""
    global _current  # noqa: PLW0603
    _current = new
