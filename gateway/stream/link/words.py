"""Text from machines and libraries, made fit for logs and screens."""

from __future__ import annotations

_LONGEST = 300


def clean(text: str) -> str:
    """Return one printable line of at most 300 characters."""
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST])
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def reason(error: BaseException) -> str:
    """Return what an error says, with its class where that says more."""
    said = clean(str(error))
    return said or type(error).__name__
