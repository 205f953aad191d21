"""How every configured rule stands: whether it runs, how much of it holds, and why it does not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.detect.options import RuleOptions
from gateway.detect.options_broken import BrokenRule
from gateway.detect.running import Running
from gateway.deviation import RuleStatus
from rules import engine


def statuses(rules: Mapping[str, RuleOptions], now: Running | None) -> Sequence[RuleStatus]:
    """Return every configured rule, those that do not run included."""
    active = {} if now is None else engine.active(now.table, now.state)
    errors = dict(_errors(rules, now))
    return [
        RuleStatus(
            id=rule,
            type=options.type,
            version=options.version(),
            title=options.title,
            severity=options.severity,
            issue_type=options.issue_type,
            signals=tuple(options.signals),
            active=active.get(rule, 0),
            enabled=options.enabled and rule not in errors,
            error=errors.get(rule, ""),
            settings=written(options),
        )
        for rule, options in rules.items()
    ]


def remarks(rules: Mapping[str, RuleOptions], now: Running | None) -> Sequence[str]:
    """Say which rules do not run although they should, and why."""
    return [f"Rule {rule} does not run: {said}" for rule, said in sorted(_errors(rules, now))]


def written(options: RuleOptions) -> Mapping[str, object]:
    """Return a rule's settings as plain values: every one of them, or what stands there where it has mistakes."""
    if isinstance(options, BrokenRule):
        return options.written
    return options.model_dump(mode="json")


def _errors(rules: Mapping[str, RuleOptions], now: Running | None) -> Iterator[tuple[str, str]]:
    for rule, options in rules.items():
        if isinstance(options, BrokenRule):
            yield rule, options.error
        elif now is not None and rule in now.errors:
            yield rule, now.errors[rule]
