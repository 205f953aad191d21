"""Where a value stands in a JSON document: `data.values[0].temp`, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

MAX_STEPS: Final = 32
_STEP = re.compile(
    r"""(?P<index>\[(?P<number>\d{1,6})\])
      | (?P<dot>\.)? (?: "(?P<quoted>[^"]+)" | (?P<plain>[^.\[\]"\s]+) )""",
    re.VERBOSE,
)


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What a getter returns where the document has no value at its path (JSON null is not missing)."""

Getter = Callable[[Any], Any]


def parse_path(path: str) -> tuple[str | int, ...]:
    """Return the steps of a path, text for a key and int for an array index; raises `ValueError`.

    Keys stand between dots; a key that holds a dot, a bracket or a space is put in double quotes:
    `data."spindle.temp"[2]`. The empty path is the whole document.
    """
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (found["index"] is None and (found["dot"] is None) != (at == 0)):
            msg = f'path {path!r}: cannot read it from character {at}; want keys between dots, [0] for an array, "a.b" for a key with a dot'
            raise ValueError(msg)
        steps.append(
            int(found["number"]) if found["index"] else str(found["quoted"] or found["plain"])
        )
        at = found.end()
    if len(steps) > MAX_STEPS:
        msg = f"path of {len(steps)} steps, at most {MAX_STEPS} are allowed"
        raise ValueError(msg)
    return tuple(steps)


def compile_path(path: str) -> Getter:
    """Return a function that fetches the value at a path, or `MISSING`; it never raises."""
    steps = parse_path(path)
    if len(steps) == 1 and isinstance(steps[0], str):
        return _key_getter(steps[0])

    def get(document: Any) -> Any:
        for step in steps:
            if isinstance(step, str):
                if type(document) is not dict:
                    return MISSING
                document = document.get(step, MISSING)
            else:
                if type(document) is not list or step >= len(document):
                    return MISSING
                document = document[step]
        return document

    return get


def _key_getter(key: str) -> Getter:
    def get(document: Any) -> Any:
        return document.get(key, MISSING) if type(document) is dict else MISSING

    return get
