"""How a value of the networks is stored as JSON and read again."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Self

Json = dict[str, Any]


class Stored:
    """A value that survives a trip through JSON: times as ISO 8601, tuples as lists."""

    def as_json(self) -> Json:
        """The fields as plain JSON values."""
        return {name: _plain(getattr(self, name)) for name in self._fields()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The value again; unknown keys are ignored, so that older rows and newer code live together."""
        known = cls._fields()
        return cls(**{name: _rich(value, known[name]) for name, value in data.items() if name in known})

    @classmethod
    @cache
    def _fields(cls) -> dict[str, bool]:
        """The names, and which of them are times."""
        return {entry.name: "datetime" in str(entry.type) for entry in fields(cls)}  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _rich(value: object, is_time: bool) -> object:
    if is_time and isinstance(value, str):
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
