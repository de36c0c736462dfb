"""What the doctor found, one line each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from flask_babel import LazyString

Words: TypeAlias = LazyString | str


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One part of the installation: how it is, and the exact step that mends it."""

    part: Words
    grade: Grade
    words: Words
    step: Words = ""

    def as_line(self) -> str:
        """For a terminal."""
        step = f"\n       -> {self.step}" if str(self.step) else ""
        return f"{self.grade.value.upper():<6} {self.part}: {self.words}{step}"

    def as_json(self) -> dict[str, str]:
        """For a program."""
        return {"part": str(self.part), "grade": self.grade.value, "words": str(self.words), "step": str(self.step)}


def ok(part: Words, words: Words) -> Finding:
    """All is well."""
    return Finding(part, Grade.OK, words)


def note(part: Words, words: Words, step: Words = "") -> Finding:
    """Worth knowing, not broken."""
    return Finding(part, Grade.NOTE, words, step)


def broken(part: Words, words: Words, step: Words) -> Finding:
    """Does not work, and how to mend it."""
    return Finding(part, Grade.BROKEN, words, step)
