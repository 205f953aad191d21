"""What an examination found, in one plain sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """Good, worth a look, or in the way."""

    GOOD = "good"
    WORTH_A_LOOK = "look"
    IN_THE_WAY = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one subject, and what to do where something is not good."""

    subject: str
    grade: Grade
    says: str
    do: str = ""


def good(subject: str, says: str) -> Finding:
    """Return a finding that needs nothing done."""
    return Finding(subject, Grade.GOOD, says)


def look(subject: str, says: str, do: str) -> Finding:
    """Return a finding that a person should look at."""
    return Finding(subject, Grade.WORTH_A_LOOK, says, do)


def bad(subject: str, says: str, do: str) -> Finding:
    """Return a finding that is in the way."""
    return Finding(subject, Grade.IN_THE_WAY, says, do)
