"""A rule that cannot be built as it was written: it stands among the others, does not run, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.detect.alarms.options import AlarmOptions
from gateway.detect.options_base import RuleOptions
from gateway.deviation import IssueType, Severity
from rules.spec import Spec, SpecError

UNKNOWN_TYPE: Final = "unknown"


class BrokenRule(RuleOptions):
    """What is left of a rule with mistakes: `error` names each with its place, `written` is what stands there."""

    error: str
    written: dict[str, Any]

    @staticmethod
    def of(rule: str, written: Mapping[str, Any], *, error: str) -> BrokenRule:
        """Return the rule of that id, with what of it can be read; its values are kept as JSON holds them."""
        data = orjson.dumps(dict(written), default=str, option=orjson.OPT_NON_STR_KEYS)
        kind, title = written.get("type"), written.get("title")
        return BrokenRule.model_construct(
            type=kind if isinstance(kind, str) else UNKNOWN_TYPE,
            title=title if isinstance(title, str) and title.isprintable() else rule,
            signals=[],
            severity=Severity.P3,
            issue_type=IssueType.DATA,
            enabled=False,
            description="",
            alarm=AlarmOptions.model_validate({}),
            error=error,
            written=orjson.loads(data),
        )

    def to_spec(self, rule: str) -> Spec:
        """Refuse: there is nothing to run."""
        raise SpecError(f"rule {rule or self.title} has mistakes: {self.error}")

    def version(self) -> str:
        """Return that it has none."""
        return ""


def broken(rules: Mapping[str, RuleOptions]) -> Sequence[str]:
    """Return the ids of the rules that have mistakes."""
    return [rule for rule, options in rules.items() if isinstance(options, BrokenRule)]
