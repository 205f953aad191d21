"""Commands as the page shows them to one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.access.rights import RIGHTS, Right, Role
from gateway.command import CommandView, Operation, ParameterView, Present
from gateway.control.checks import Seen
from gateway.control.values import Command
from gateway.errors import TaktlineError
from gateway.model import DataType, Signal


def of_command(
    command: Command,
    seen: Seen,
    *,
    signals: Mapping[str, Signal | None],
    why_not: Sequence[TaktlineError],
    last: Operation | None,
) -> CommandView:
    """Return a command with what it shows now and what speaks against it."""
    options = command.options
    roles = options.roles or [each for each in Role if Right.SETPOINT_PROPOSE in RIGHTS[each]]
    return CommandView(
        name=command.name,
        title=options.title,
        kind=options.kind,
        machine=command.machine,
        parameters=tuple(
            _parameter(command, path, seen.present, signals) for path in command.parameters
        ),
        choices=options.choices,
        recipes=command.recipes,
        interlocks=seen.interlocks,
        roles=tuple(roles),
        approval=options.approval,
        rate_per_min=options.rate_per_min,
        expires_s=options.expires_s,
        why_not=tuple(dict.fromkeys(str(each) for each in why_not)),
        last=last,
    )


def _parameter(
    command: Command,
    path: str,
    present: Mapping[str, Present],
    signals: Mapping[str, Signal | None],
) -> ParameterView:
    options, shown = command.parameters[path], command.shown_by(path)
    written, displayed = signals.get(path), signals.get(shown)
    described = written or displayed
    labels = displayed.labels if displayed is not None else ()
    return ParameterView(
        signal=path,
        shown=shown,
        unit=described.unit if described is not None else "",
        data_type=(described.data_type if described is not None else DataType.FLOAT).value,
        decimals=described.decimals if described is not None else 2,
        low=options.low,
        high=options.high,
        max_step=options.max_step,
        reason_above=options.reason_above,
        labels=dict(labels),
        present=present[shown],
    )
