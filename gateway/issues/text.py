"""Text that people send in: bounded and printable, before it reaches anything else."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from gateway.errors import InvalidRequestError

_MENTION: Final = re.compile(r"(?<![\w.@])@(\w[\w.\-]{0,63})")


class Length(IntEnum):
    """The most characters a text may have."""

    NOTE = 1000
    COMMENT = 4000
    REASON = 1000


class Need(IntEnum):
    """The fewest characters a text must have."""

    OPTIONAL = 0
    REQUIRED = 1


def clean(text: str, *, name: str, most: Length, least: Need) -> str:
    """Return the text without outer blanks; raises `InvalidRequestError`. Line breaks and tabs may stand in it."""
    stripped = text.strip()
    if len(stripped) < least:
        raise InvalidRequestError(f"{name} is empty, want 1 to {int(most)} characters")
    if len(stripped) > most:
        raise InvalidRequestError(
            f"{name} has {len(stripped)} characters, at most {int(most)} are allowed"
        )
    for place, character in enumerate(stripped):
        if not (character.isprintable() or character in "\n\t"):
            raise InvalidRequestError(
                f"{name} holds U+{ord(character):04X} at place {place + 1}: printable characters,"
                " line breaks and tabs only"
            )
    return stripped


def mentions(text: str) -> list[str]:
    """Return the names that a text addresses as @name, as users are named, each once."""
    return sorted({found.group(1).rstrip(".-").casefold() for found in _MENTION.finditer(text)})
