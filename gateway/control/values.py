"""What is asked, held against what may be asked: type, range, step, choice, recipe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gateway.command import CommandKind, Present, Value
from gateway.control import jobs
from gateway.control.interlock import Expression, parse
from gateway.control.options import CommandOptions, ParameterOptions
from gateway.errors import InvalidRequestError
from gateway.model import DataType

MAX_TEXT: Final = 255
EXACT: Final = 2**53
_SHOWN: Final = 300
RELATIVE: Final = 1e-6
"""What a controller's single precision may change of a value; it never counts as a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlock:
    """A compiled interlock."""

    name: str
    when: str
    expression: Expression
    max_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the configuration, with its paths in full and its interlocks compiled."""

    name: str
    options: CommandOptions
    parameters: Mapping[str, ParameterOptions]
    interlocks: tuple[Interlock, ...]
    recipes: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, options: CommandOptions) -> Command:
        """Compile a command."""
        return cls(
            name=name,
            options=options,
            parameters=MappingProxyType({options.path(p.signal): p for p in options.parameters}),
            interlocks=tuple(
                Interlock(
                    name=each.name,
                    when=each.when,
                    expression=parse(each.when, machine=options.machine),
                    max_age_s=each.max_age_s,
                )
                for each in options.interlocks
            ),
            recipes={
                recipe: {options.path(signal): value for signal, value in values.items()}
                for recipe, values in options.recipes.items()
            },
        )

    @property
    def machine(self) -> str:
        """The machine's path."""
        return self.options.machine

    @property
    def chooses(self) -> bool:
        """Whether one of some numbers is asked for, not a value."""
        return self.options.kind in {CommandKind.COMMAND, CommandKind.METHOD}

    @property
    def is_job(self) -> bool:
        """Whether job orders are sent: their call is text, and the machine's own list shows their effect."""
        return self.options.kind is CommandKind.JOB

    def shown_by(self, path: str) -> str:
        """Return the signal that shows the effect of a parameter."""
        shown = self.options.read_back.signal
        return path if shown is None else self.options.path(shown)

    @property
    def watched(self) -> tuple[str, ...]:
        """The signals whose present values a person sees and expects."""
        return tuple(dict.fromkeys(self.shown_by(path) for path in self.parameters))


def check_values(
    command: Command, given: Mapping[str, Value], types: Mapping[str, DataType]
) -> dict[str, Value]:
    """Return the values by path, as their types want them; raises `InvalidRequestError` naming the signal."""
    named = {command.options.path(signal): value for signal, value in given.items()}
    if len(named) < len(given):
        raise InvalidRequestError("values: a signal is given twice")
    odd = sorted(set(named) ^ set(command.parameters))
    if odd:
        lacking = odd[0] in command.parameters
        what = "has no value" if lacking else "is nothing that this command sets"
        raise InvalidRequestError(f"values: {odd[0]} {what}")
    if command.is_job:
        return {path: jobs.checked(path, value) for path, value in named.items()}
    clean = {
        path: _typed(path, value, types.get(path, DataType.FLOAT)) for path, value in named.items()
    }
    for path, value in clean.items():
        _check_range(command, path, value)
    if command.recipes and not any(_same(clean, recipe) for recipe in command.recipes.values()):
        raise InvalidRequestError(
            f"values: these are no recipe of {command.name}; want one of {', '.join(command.recipes)}"
        )
    return clean


def _typed(path: str, value: Value, data_type: DataType) -> Value:
    if data_type is DataType.STRING:
        if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
            return value
        raise InvalidRequestError(f"{path}: want 1 to {MAX_TEXT} printable characters")
    if data_type is DataType.BOOLEAN:
        if isinstance(value, bool):
            return value
        raise InvalidRequestError(f"{path}: want true or false")
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise InvalidRequestError(f"{path}: want a finite number")
    if data_type is DataType.FLOAT:
        return float(value)
    if data_type in {DataType.INTEGER, DataType.ENUM}:
        if value == int(value) and abs(value) <= EXACT:
            return int(value)
        raise InvalidRequestError(f"{path}: want a whole number")
    raise InvalidRequestError(f"{path}: {data_type} cannot be written")


def _check_range(command: Command, path: str, value: Value) -> None:
    options = command.parameters[path]
    if command.chooses:
        if isinstance(value, bool) or value not in command.options.choices:
            words = ", ".join(f"{n} {word}" for n, word in command.options.choices.items())
            raise InvalidRequestError(f"{path}: want one of {words}")
        return
    if isinstance(value, bool | str):
        return
    if options.low is None or options.high is None:
        raise InvalidRequestError(
            f"{path}: no low and high are configured, so no number may be written"
        )
    if not options.low <= value <= options.high:
        raise InvalidRequestError(
            f"{path}: {value:g} is outside {options.low:g} to {options.high:g}"
        )


def _same(values: Mapping[str, Value], recipe: Mapping[str, Value]) -> bool:
    return all(alike(values[path], wanted, 0.0) for path, wanted in recipe.items())


def check_steps(
    command: Command, values: Mapping[str, Value], present: Mapping[str, Present], *, reason: str
) -> None:
    """Refuse a change that is too large, or one that lacks its reason; raises `InvalidRequestError`."""
    if command.chooses:
        return
    for path, value in values.items():
        now = present[command.shown_by(path)].value
        if isinstance(value, bool | str) or isinstance(now, bool | str) or now is None:
            continue
        options, change = command.parameters[path], abs(value - now)
        slack = RELATIVE * max(abs(value), abs(now))
        if options.max_step is not None and change > options.max_step + slack:
            raise InvalidRequestError(
                f"{path}: from {now:g} to {value:g} is a step of {change:g}, at most {options.max_step:g}"
            )
        if (
            options.reason_above is not None
            and change > options.reason_above + slack
            and not reason
        ):
            raise InvalidRequestError(
                f"reason: a step above {options.reason_above:g} needs one, {path} changes by {change:g}"
            )


def alike(one: Value | None, other: Value | None, tolerance: float) -> bool:
    """Say whether two values count as the same; truth is no number, and text is compared as it is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        if not (_is_finite(one) and _is_finite(other)):
            return False
        return abs(one - other) <= tolerance + RELATIVE * max(abs(one), abs(other))
    return one is not None and one == other


def _is_finite(number: float) -> bool:
    """Say whether a number is one a controller can hold; an integer may be larger than any float."""
    return abs(number) <= sys.float_info.max


def confirms(command: Command, path: str, value: Value, shown: Value | None) -> bool:
    """Say whether what a machine shows confirms what was asked."""
    if command.is_job:
        return jobs.confirmed(value, shown)
    if command.chooses:
        return shown in command.options.read_back.expect.get(int(value), [])
    return alike(value, shown, command.parameters[path].tolerance)


def plain(value: object) -> str:
    """Return a value as a sentence shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value)[:_SHOWN]
