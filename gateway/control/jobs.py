"""Calls of job orders as the guard sees them: text that names a method and a job, and lists that show their effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.command import Value
from gateway.errors import InvalidRequestError

MAX_CALL: Final = 4000
NOT_ALLOWED, ALLOWED, RUNNING, INTERRUPTED, ENDED, ABORTED = range(1, 7)
"""States of a job order by the numbers of OPC 10031-4."""

_EFFECTS: Final[Mapping[str, Callable[[int | None], bool]]] = {
    "StoreAndStart": lambda state: state is not None,
    "Start": lambda state: state not in {None, NOT_ALLOWED},
    "RevokeStart": lambda state: state == NOT_ALLOWED,
    "Pause": lambda state: state == INTERRUPTED,
    "Resume": lambda state: state == RUNNING,
    "Stop": lambda state: state == ENDED,
    "Abort": lambda state: state == ABORTED,
    "Cancel": lambda state: state in {None, ABORTED},
}


def checked(path: str, value: Value) -> str:
    """Return a call that is one; raises `InvalidRequestError`."""
    if not isinstance(value, str) or len(value) > MAX_CALL or not value.isprintable():
        raise InvalidRequestError(
            f"{path}: want a call as JSON text of at most {MAX_CALL} characters"
        )
    call = _read(value)
    if not isinstance(call, dict) or call.get("verb") not in _EFFECTS or not call.get("job"):
        raise InvalidRequestError(f"{path}: want a verb ({', '.join(_EFFECTS)}) and a job")
    return value


def confirmed(value: Value, shown: Value | None) -> bool:
    """Say whether a machine's list shows what a call asked for."""
    call, listed = _read(value), _read(shown)
    if not isinstance(call, dict) or not isinstance(listed, list):
        return False
    states = {each["job"]: each.get("state") for each in listed if isinstance(each, dict)}
    return _EFFECTS[str(call["verb"])](states.get(call["job"]))


def _read(value: Value | None) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
