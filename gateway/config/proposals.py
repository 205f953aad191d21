"""What rules propose, held against the commands there are."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from gateway.command import Value
from gateway.config.tree import Place, Tree
from gateway.control.options import CommandOptions, ControlOptions
from gateway.control.requests import wanted_values
from gateway.control.values import Command, check_values
from gateway.detect.options import RuleOptions
from gateway.detect.options_base import ProposeOptions
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.model import DataType


def check_proposals(tree: Tree, control: ControlOptions, rules: Mapping[str, RuleOptions]) -> None:
    """Complain of rules that propose what no command takes."""
    for rule, options in rules.items():
        wanted = options.propose
        if wanted is None:
            continue
        place: Place = ("rules", rule, "propose")
        command = control.commands.get(wanted.command)
        if command is None:
            near = difflib.get_close_matches(wanted.command, control.commands, n=1)
            known = f"{near[0]}?" if near else "a name under control.commands"
            _complain(tree, (*place, "command"), f"there is no command {wanted.command!r}", known)
            continue
        problem = _problem(rule, wanted, command)
        if problem:
            _complain(tree, place, problem, f"what {wanted.command} takes")


def _problem(rule: str, wanted: ProposeOptions, command: CommandOptions) -> str:
    try:
        values = wanted_values(wanted.request(key="", reason="", rule=rule), command)
        types = {command.path(signal): _type(command, value) for signal, value in values.items()}
        check_values(Command.of(wanted.command, command), values, types)
    except (InvalidRequestError, NotFoundError) as error:
        return str(error)
    return ""


def _type(command: CommandOptions, value: Value) -> DataType:
    """Return the type that a value looks like: what the signal's is stands with its connector."""
    if command.choices:
        return DataType.INTEGER
    if isinstance(value, bool):
        return DataType.BOOLEAN
    return DataType.STRING if isinstance(value, str) else DataType.FLOAT


def _complain(tree: Tree, place: Place, what: str, wanted: str) -> None:
    file, line = tree.mark(place)
    tree.complain(Path(file), what, wanted, line=line, place=place)
