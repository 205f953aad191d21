"""The 8D form: which fields there are, what each may hold, and how a change of them is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from gateway.deviation import Severity
from gateway.errors import InvalidRequestError
from gateway.issues.text import Length, Need, clean

MAX_WHYS: Final = 10
MAX_BONES: Final = 20
METHODS: Final = ("five_why", "fishbone", "data", "experiment", "other")
CATEGORIES: Final = ("man", "machine", "material", "method", "measurement", "environment")
"""The six branches of a fishbone diagram (Ishikawa), which also name the kinds of cause."""


class Wide(IntEnum):
    """The most characters of a field."""

    NAME = 64
    TEXT = 4000


Check = Callable[[str, object], object]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: how a value is checked, and a word on what belongs in it."""

    check: Check
    about: str


def _text(name: str, value: object) -> object:
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name}: want text")
    return clean(value, name=name, most=Length.COMMENT, least=Need.OPTIONAL)


def _name(name: str, value: object) -> object:
    said = str(_text(name, value))
    if len(said) > Wide.NAME or "\n" in said:
        raise InvalidRequestError(f"{name}: want at most {int(Wide.NAME)} characters on one line")
    return said


def _time(name: str, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
        raise InvalidRequestError(f"{name}: want a time in milliseconds since 1970")
    return round(value)


def _amount(name: str, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRequestError(f"{name}: want a number")
    if value < 0:
        raise InvalidRequestError(f"{name}: want 0 or more")
    return float(value)


def _one_of(*choices: str) -> Check:
    def check(name: str, value: object) -> object:
        if value not in choices:
            raise InvalidRequestError(f"{name}: {value!r} is none of {', '.join(choices)}")
        return value

    return check


def _lines(name: str, value: object, *, most: int) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise InvalidRequestError(f"{name}: want a list of at most {most} texts")
    said = [str(_text(f"{name}[{place}]", each)) for place, each in enumerate(value)]
    return [each for each in said if each]


def _whys(name: str, value: object) -> object:
    return _lines(name, value, most=MAX_WHYS)


def _bones(name: str, value: object) -> object:
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"{name}: want a mapping of {', '.join(CATEGORIES)} to lists")
    found = {}
    for branch, causes in value.items():
        if branch not in CATEGORIES:
            raise InvalidRequestError(f"{name}: {branch!r} is none of {', '.join(CATEGORIES)}")
        lines = _lines(f"{name}.{branch}", causes, most=MAX_BONES)
        if lines:
            found[str(branch)] = lines
    return found


FORM: Final[Mapping[str, Field]] = {
    "problem.what": Field(_text, "What deviates from what should be."),
    "problem.where": Field(_text, "Where on the product and in the process."),
    "problem.when": Field(_text, "When it was seen first, and since when it may be so."),
    "problem.who": Field(_text, "Who found it, who is affected."),
    "problem.why": Field(_text, "Why it matters."),
    "problem.how": Field(_text, "How it was found."),
    "problem.how_many": Field(_text, "How many, how often, how large."),
    "containment.action": Field(_text, "What keeps the problem from anybody further on."),
    "containment.from_ms": Field(_time, "First moment from which product is suspect."),
    "containment.to_ms": Field(_time, "Moment at which containment held."),
    "containment.verified": Field(_text, "How it was checked that containment holds."),
    "suspect.quantity": Field(_amount, "Pieces that may be affected."),
    "suspect.basis": Field(_text, "What the quantity was computed or counted from."),
    "cause.occurrence": Field(_text, "Why it happened."),
    "cause.escape": Field(_text, "Why it was not found where it should have been."),
    "cause.category": Field(_one_of(*CATEGORIES), "Kind of cause."),
    "cause.method": Field(_one_of(*METHODS), "How the cause was found."),
    "cause.verified": Field(_text, "How the cause was proven: it can be switched on and off."),
    "cause.five_why": Field(_whys, "The chain of whys."),
    "cause.fishbone": Field(_bones, "Possible causes by branch."),
    "plan.metric": Field(_text, "What is expected to change, by how much."),
    "implementation.change": Field(
        _text, "Which limit, recipe or document changed, to which version."
    ),
    "closing.similar": Field(_text, "What the check of similar machines found."),
    "closing.standard": Field(_text, "Which standard, plan or instruction was updated."),
    "closing.lessons": Field(_text, "What others should know."),
    "product": Field(_name, "Product that was made."),
    "cost": Field(_amount, "Cost of the loss, where it is known better than computed."),
}
CORE: Final[Mapping[str, Field]] = {
    "owner": Field(_name, "Who answers for the issue."),
    "team": Field(_name, "Team that has it."),
    "severity": Field(_one_of(*Severity), "How much it matters."),
}
"""Fields that stand in the issue itself."""


def checked(changes: Mapping[str, object]) -> dict[str, Any]:
    """Return changes as they may be kept, None for what is emptied; raises `InvalidRequestError`."""
    known = {**FORM, **CORE}
    kept: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise InvalidRequestError(f"{name[:80]!r} is no field, want one of {', '.join(known)}")
        empty = value is None and name not in CORE
        kept[name] = None if empty else known[name].check(name, value) or None
        if name in CORE and kept[name] is None:
            kept[name] = ""
    return kept


def merged(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form with changes applied; what is empty is left out."""
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def differences(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, list[object]]:
    """Return what changes would change, by name as [before, after]."""
    return {
        name: [fields.get(name), value]
        for name, value in changes.items()
        if fields.get(name) != value
    }
