"""Settings: read from the environment or from mounted secrets, refused with the step that mends them."""

from pathlib import Path

import pytest

import config

NEEDED = {"DATABASE_URL": "postgresql://u:p@h/d", "REDIS_URL": "redis://h", "SECRET_KEY": "s", "ENCRYPTION_KEYS": "new, old"}


def test_what_is_needed_is_enough_and_production_is_the_default() -> None:
    found = config.load(NEEDED)
    assert (found.environment, found.broker_url, found.encryption_keys) == ("production", "redis://h", ("new", "old"))
    assert found.database_url == "postgresql+psycopg://u:p@h/d"
    assert not found.developer_pages


def test_a_secret_may_be_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    env = {key: value for key, value in NEEDED.items() if key != "SECRET_KEY"} | {"SECRET_KEY_FILE": str(secret)}
    assert config.load(env).secret_key == "from a file"


def test_what_the_practice_network_allows() -> None:
    assert config.load(NEEDED).practice_rates == (("account", 1500, 300),)
    found = config.load(NEEDED | {"PRACTICE_RATES": "account=20/60, instance=600/60 account=3/1"}).practice_rates
    assert found == (("account", 20, 60), ("instance", 600, 60), ("account", 3, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"SECRET_KEY_FILE": "/does/not/exist"}, "cannot be read"),
        ({"UNDO_SECONDS": "ten"}, "must be a whole number"),
        ({"COMPANY_TIME_ZONE": "Berlin"}, "no time zone"),
        ({"PRACTICE_RATES": "account=many"}, "account=1500/300"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(change: dict[str, str], said: str) -> None:
    with pytest.raises(config.ConfigError, match=said):
        config.load(NEEDED | change)
