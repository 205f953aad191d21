"""A rule as somebody wants it to be, held against everything that may be wrong with it before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.config.fields import default_of, describe
from gateway.config.schema import read_rule
from gateway.config.tree import Tree
from gateway.detect import running as run
from gateway.detect.cases import CaseOptions, CaseResult, run_case
from gateway.detect.options import RuleOptions, rule_types
from gateway.detect.options_broken import BrokenRule
from gateway.errors import Mistake, MistakesError
from gateway.model import Signal
from gateway.rulesheet import RuleField


def checked(rule: str, settings: Mapping[str, Any], signals: Sequence[Signal]) -> RuleOptions:
    """Return the options of these settings; raises `MistakesError` with every mistake and its place."""
    tree = Tree()
    made = read_rule(tree, rule, dict(settings))
    if made is None:
        start = f"rules.{rule}"
        found = [
            Mistake(one.path.removeprefix(start).lstrip(".") or "rule", one.what, one.wanted)
            for one in tree.problems
        ]
        raise refused(found)
    _, errors = run.bind({rule: made}, signals, failed={})
    if errors:
        wanted = "settings that fit the signals there are"
        raise refused([Mistake("signals", said, wanted) for said in errors.values()])
    return made


def concerned(rule: str, cases: Mapping[str, CaseOptions]) -> Sequence[str]:
    """Return the cases in which a rule runs."""
    return [name for name, case in cases.items() if not case.rules or rule in case.rules]


def hold(
    rule: str,
    rules: Mapping[str, RuleOptions],
    cases: Mapping[str, CaseOptions],
    folder: Path,
    despite: Sequence[str],
) -> None:
    """Run the cases in which a rule runs; raises `MistakesError` where one fails that is not in `despite`."""
    whole = {name: one for name, one in rules.items() if not isinstance(one, BrokenRule)}
    results = [run_case(name, cases[name], whole, folder=folder) for name in concerned(rule, cases)]
    failing = [one for one in results if one.problems]
    found = [_mistake(one) for one in failing if one.name not in despite]
    strangers = {*despite} - {one.name for one in failing}
    found += [
        Mistake(f"tests.{name}", "does not fail with these settings", "leave it out of `despite`")
        for name in sorted(strangers)
    ]
    if found:
        raise refused(found)


def _mistake(result: CaseResult) -> Mistake:
    said = "; ".join(result.problems)
    return Mistake(
        f"tests.{result.name}", said[:1000], "a case that passes, or name it in `despite`"
    )


def refused(mistakes: Sequence[Mistake]) -> MistakesError:
    """Return the refusal that names these mistakes."""
    said = "; ".join(f"{one.where}: {one.what} (want {one.wanted})" for one in mistakes)
    return MistakesError(said, mistakes)


def fields(options: RuleOptions) -> Sequence[RuleField]:
    """Return what may be set of a rule of this type; of one whose type nobody knows, nothing is known."""
    model = type(options)
    if isinstance(options, BrokenRule):
        known = rule_types().get(options.type)
        if known is None:
            return []
        model = known
    return [
        RuleField(
            name=name,
            wanted=describe(field.annotation),
            description=field.description or "",
            default=default_of(field),
        )
        for name, field in model.model_fields.items()
    ]
