"""The one error of the payload room, and how a hostile value is shown in it."""

from __future__ import annotations

from gateway.errors import TaktlineError

_SHOWN = 40


class PayloadError(TaktlineError):
    """A payload, or one value in it, cannot be used: keep its original bytes as a dead letter with this reason."""


def shown(value: object) -> str:
    """Return a short printable form of any decoded value for a reason; never longer than about 50 characters."""
    if isinstance(value, str):
        text = ascii(value[: _SHOWN + 1])
        return text if len(value) <= _SHOWN else f"{value[:_SHOWN]!a}…"
    if isinstance(value, dict):
        return f"an object with {len(value)} keys"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)[:_SHOWN]
