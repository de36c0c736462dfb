"""Migrations without an ini file: Alembic, pointed at `migrations/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def alembic_config() -> Config:
    """Alembic's configuration; the database comes from our settings in migrations/env.py."""
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.set_main_option("path_separator", "os")
    return settings


def upgrade(to: str = "head") -> None:
    """Bring the database up to a revision."""
    command.upgrade(alembic_config(), to)


def downgrade(to: str) -> None:
    """Take the database down to a revision ("base" for none)."""
    command.downgrade(alembic_config(), to)
