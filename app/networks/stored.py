"""How a value of the networks is stored as JSON and read again."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Self

Json = dict[str, Any]


class Stored:
    """A value that survives a trip through JSON: times as ISO 8601, tuples as lists."""

    def as_json(self) -> Json:
        """The fields as plain JSON values."""
        return {key: _plain(value) for key, value in asdict(self).items()}  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The value again; unknown keys are ignored, so that older rows and newer code live together."""
        known = {entry.name: str(entry.type) for entry in fields(cls)}  # type: ignore[arg-type]
        return cls(**{key: _rich(value, known[key]) for key, value in data.items() if key in known})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _rich(value: object, declared: str) -> object:
    if isinstance(value, str) and "datetime" in declared:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
