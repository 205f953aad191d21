"""Rules of a machine class written once: templates with parameters, used for machines, with overrides.

Every rule that comes of it stands under `rules` as if it had been written there, and a mistake in it is reported at the
line that says it: of the template, of the parameter's value, or of the override.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from gateway.config.tree import Place, Tree
from gateway.options import Options

MACHINE: Final = "machine"
_PARAMETER: Final = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Value = float | bool | str | list[float] | list[str] | None


class TemplateOptions(Options):
    """Rules of one class of machines; `$(name)` stands for a parameter, `$(machine)` for the machine's path."""

    parameters: dict[Name, Value] = Field(
        default_factory=dict,
        description="What may differ from machine to machine, with its default; none where it must be given.",
    )
    rules: dict[Name, dict[str, Any]] = Field(
        min_length=1, description="Rules as they stand under `rules`, by the end of their id."
    )


class UseOptions(Options):
    """A template used for a machine; its rules get ids such as filler1.weight_high."""

    template: str = Field(description="Name of the template.")
    machine: str = Field(
        min_length=1,
        max_length=255,
        description="Path of the machine (site/area/line/machine), or a glob of several.",
    )
    values: dict[Name, Value] = Field(
        default_factory=dict, description="Values of the template's parameters."
    )
    override: dict[Name, dict[str, Any]] = Field(
        default_factory=dict,
        description="Options of single rules in place of the template's, such as `enabled: false`.",
    )


def expand(
    tree: Tree, templates: Mapping[str, TemplateOptions], uses: Mapping[str, UseOptions]
) -> None:
    """Add the rules of every use to the tree's `rules`, and what is wrong to its problems."""
    for name, use in uses.items():
        template = templates.get(use.template)
        if template is None:
            near = difflib.get_close_matches(use.template, templates, n=1)
            known = (
                f"{near[0]}?" if near else ", ".join(templates) or "a template under `templates`"
            )
            _complain(tree, ("use", name, "template"), f"{use.template!r} is no template", known)
            continue
        values = _values(tree, name, use, template)
        for rule in use.override:
            if rule not in template.rules:
                wanted = ", ".join(template.rules)
                place: Place = ("use", name, "override", rule)
                _complain(tree, place, f"{use.template} has no rule {rule!r}", wanted)
        for rule, options in template.rules.items():
            _add(tree, name, use, rule, options, values)


def _values(
    tree: Tree, name: str, use: UseOptions, template: TemplateOptions
) -> Mapping[str, object]:
    """Return the value of every parameter; complains of unknown and of missing ones."""
    for given in use.values:
        if given not in template.parameters:
            wanted = ", ".join(template.parameters) or f"none: {use.template} has no parameters"
            _complain(tree, ("use", name, "values", given), "is no parameter", wanted)
    values: dict[str, object] = {MACHINE: use.machine, **template.parameters, **use.values}
    for parameter, value in values.items():
        if value is None:
            wanted = f"a value under `values`, as {use.template} has no default for it"
            _complain(tree, ("use", name), f"parameter {parameter} is missing", wanted)
    return values


def _add(  # noqa: PLR0917 - the parts of one rule
    tree: Tree,
    name: str,
    use: UseOptions,
    rule: str,
    options: Mapping[str, Any],
    values: Mapping[str, object],
) -> None:
    rules = tree.values.setdefault("rules", {})
    key = f"{name}.{rule}"
    if not isinstance(rules, dict):
        return
    if key in rules:
        _complain(tree, ("use", name), f"there is a rule {key!r} already", "another name")
        return
    source: Place = ("templates", use.template, "rules", rule)
    target: Place = ("rules", key)
    tree.marks[target] = tree.mark(source)
    filled: dict[str, object] = {}
    for option, value in options.items():
        filled[option] = _filled(tree, value, values, (*source, option))
        _mark(tree, (*source, option), (*target, option))
        given = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
        if given is not None and given[1] in use.values:
            tree.marks[(*target, option)] = tree.mark(("use", name, "values", given[1]))
    for option, value in use.override.get(rule, {}).items():
        over: Place = ("use", name, "override", rule, option)
        filled[option] = _filled(tree, value, values, over)
        _mark(tree, over, (*target, option))
    rules[key] = filled


def _mark(tree: Tree, source: Place, target: Place) -> None:
    """Let a place of a rule point to where it was written."""
    for place in [each for each in tree.marks if each[: len(source)] == source]:
        tree.marks[(*target, *place[len(source) :])] = tree.marks[place]


def _filled(tree: Tree, value: object, values: Mapping[str, object], place: Place) -> object:
    """Return a value with its parameters put in: alone they keep their type, within text they become text."""
    if isinstance(value, dict):
        return {k: _filled(tree, v, values, (*place, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(tree, v, values, (*place, n)) for n, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    for unknown in sorted({*_names(value)} - {*values}):
        _complain(tree, place, f"$({unknown}) is no parameter", ", ".join(values))
    alone = _PARAMETER.fullmatch(value)
    if alone is not None:
        return values.get(alone[1])
    return _PARAMETER.sub(lambda match: _text(values.get(match[1])), value)


def _names(text: str) -> Iterator[str]:
    return (match[1] for match in _PARAMETER.finditer(text))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _complain(tree: Tree, place: Place, what: str, wanted: str) -> None:
    file, line = tree.mark(place)
    tree.complain(Path(file), what, wanted, line=line, place=place)
