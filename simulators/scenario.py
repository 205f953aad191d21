"""Scenario files: strict YAML whose mistakes are named by file, line and key."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from simulators.plant.cell import ROOMS, SIGNALS
from simulators.plant.events import CounterReset, Event, Jam, MicroStops, RenumberNamespaces, Slow
from simulators.plant.layout import BOTTLING_LINE, nodes_of

FOLDER: Final = Path(__file__).with_name("scenarios")

DEVICES: Final = {s.key: tuple(n.name for n in nodes_of(s)) for s in BOTTLING_LINE} | SIGNALS
"""Every machine's and device's signals by its key."""


class ScenarioError(ValueError):
    """A scenario file cannot be used; the text lists every mistake, one a line."""


class Scenario(BaseModel):
    """Timed events; with `repeat_s` the list begins again each `repeat_s` plant seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    repeat_s: Annotated[float, Field(gt=0, le=864_000)] | None = None
    events: tuple[Annotated[Event, Field(discriminator="kind")], ...] = Field((), strict=False)


def load_scenario(source: str | Path) -> Scenario:
    """Read a scenario by path, or by the name of one that is shipped; raises ScenarioError."""
    path = Path(source)
    if path.suffix not in (".yaml", ".yml"):
        path = FOLDER / f"{source}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        msg = f"{source}: cannot be read ({error}); shipped scenarios: {known}"
        raise ScenarioError(msg) from error
    return parse_scenario(text, name=path.name)


def parse_scenario(text: str, *, name: str) -> Scenario:
    """Check a scenario's text; `name` stands in front of each mistake."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        msg = f"{name}:{line}: not YAML: {getattr(error, 'problem', error)}"
        raise ScenarioError(msg) from error
    mistakes = _duplicates(root) if root else []
    scenario = Scenario(name="-")
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        mistakes += [_mistake(details) for details in error.errors()]
    else:
        mistakes += _unknown_names(scenario)
    if mistakes:
        lines = (f"{name}:{_line(root, path)}: {_dotted(path)}: {said}" for path, said in mistakes)
        raise ScenarioError("\n".join(lines))
    return scenario


_Path = tuple[str | int, ...]
_Mistake = tuple[_Path, str]


def _mistake(details: ErrorDetails) -> _Mistake:
    path = tuple(p for p in details["loc"])
    if len(path) > 2 and path[0] == "events":
        path = (*path[:2], *path[3:])  # pydantic puts the event's kind between index and key
    said = details["msg"]
    if details["type"] == "extra_forbidden":
        said = "unknown key"
    elif details["type"] == "missing":
        said = "this key is required"
    return path, said


def _unknown_names(scenario: Scenario) -> list[_Mistake]:
    found: list[_Mistake] = []
    for index, event in enumerate(scenario.events):
        here: _Path = ("events", index)
        signals = DEVICES.get(event.machine)
        if signals is None:
            found.append(((*here, "machine"), _unlike(event.machine, tuple(DEVICES))))
            continue
        signal = getattr(event, "signal", None)
        if signal is not None and signal not in signals:
            found.append(((*here, "signal"), _unlike(signal, signals)))
        if event.machine in SIGNALS and isinstance(event, RenumberNamespaces):
            found.append(((*here, "kind"), f"{event.machine} has no OPC UA server"))
        if event.machine in ROOMS and isinstance(event, Jam | MicroStops | Slow | CounterReset):
            found.append(((*here, "kind"), f"{event.machine} does not move"))
        found += _too_late(scenario, index)
    return found


def _too_late(scenario: Scenario, index: int) -> list[_Mistake]:
    event = scenario.events[index]
    last_s = event.at_s
    if isinstance(event, MicroStops):
        last_s += event.every_s * (event.count - 1)
    if scenario.repeat_s is None or last_s < scenario.repeat_s:
        return []
    return [(("events", index, "at_s"), f"begins after repeat_s ({scenario.repeat_s:g} s)")]


def _unlike(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"unknown name {name!r}; {hint}"


def _dotted(path: _Path) -> str:
    parts = (f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return "".join(parts).lstrip(".") or "file"


def _line(node: yaml.Node | None, path: _Path) -> int:
    line = 1
    for part in path:
        if node is None:
            break
        line, node = _child(node, part, line)
    else:
        if node is not None and not path:
            line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node, part: str | int, line: int) -> tuple[int, yaml.Node | None]:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child.start_mark.line + 1, child
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # of two equal keys, the second is the mistake
            if key.value == part:
                return key.start_mark.line + 1, value
    return line, None


def _duplicates(node: yaml.Node, path: _Path = ()) -> list[_Mistake]:
    found: list[_Mistake] = []
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            found += _duplicates(child, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        keys: list[str] = []
        for key, value in node.value:
            if key.value in keys:
                found.append(((*path, key.value), "this key stands twice"))
            keys.append(key.value)
            found += _duplicates(value, (*path, key.value))
    return found
