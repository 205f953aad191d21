"""Decides by the configured rules of opening what a deviation becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from gateway.clock import NS_PER_S
from gateway.deviation import IssueType, Severity
from gateway.issues.opening.options import IssueOptions, OpeningOptions, Opens, Repeats
from gateway.issues.report import Deviation

DAY_NS: Final = 86_400 * NS_PER_S
_WORST_FIRST: Final = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a deviation becomes."""

    opens: Opens
    severity: Severity
    type: IssueType
    team: str

    def classed(self, deviation: Deviation) -> Deviation:
        """Return the deviation with the severity and kind decided on."""
        return replace(deviation, severity=self.severity, type=self.type)


def no_teams(_asset: str, _kind: str) -> Sequence[str]:
    """Return no team."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of opening and of repeats; `teams` says who looks after an asset and a type of issue."""

    opening: Sequence[OpeningOptions] = ()
    window_ns: int = 90 * DAY_NS
    raise_at: int = 3
    repeats: Repeats = Repeats.LINK
    teams: Callable[[str, str], Sequence[str]] = no_teams

    @classmethod
    def of(
        cls, options: IssueOptions, *, teams: Callable[[str, str], Sequence[str]] = no_teams
    ) -> Policy:
        """Return the policy that a configuration describes."""
        recurrence = options.recurrence
        return cls(
            opening=tuple(options.opening),
            window_ns=round(recurrence.window_days * DAY_NS),
            raise_at=recurrence.raise_at,
            repeats=recurrence.repeats,
            teams=teams,
        )

    def decide(self, deviation: Deviation) -> Opening:
        """Return what a deviation becomes, by the first rule that fits it."""
        rule = next((one for one in self.opening if _fits(one, deviation)), None)
        kind = (rule and rule.type) or deviation.type
        return Opening(
            opens=Opens.ISSUE if rule is None else rule.opens,
            severity=(rule and rule.severity) or deviation.severity,
            type=kind,
            team=(rule and rule.team) or self._team(deviation.asset, kind),
        )

    def _team(self, asset: str, kind: IssueType) -> str:
        """Return the one team that looks after a place; where there are several, all are told and none is named."""
        found = self.teams(asset, kind)
        return found[0] if len(found) == 1 else ""

    def severity_of(self, severity: Severity, repeat: int) -> Severity:
        """Return the severity of the n-th of its kind: one step worse from `raise_at` on."""
        place = _WORST_FIRST.index(severity)
        return _WORST_FIRST[max(0, place - 1)] if repeat >= self.raise_at else severity


def recurrence_key(deviation: Deviation) -> str:
    """Return what makes two deviations the same coming again: signal, kind of rule, direction (rules.md §5)."""
    direction = deviation.member.rpartition("#")[2]
    return f"{deviation.family or deviation.rule} {deviation.signal}#{direction}"


def _fits(rule: OpeningOptions, deviation: Deviation) -> bool:
    asset = f"{deviation.asset}/"
    return (
        (not rule.rules or any(fnmatchcase(deviation.rule, glob) for glob in rule.rules))
        and (not rule.zones or any(asset.startswith(f"{zone}/") for zone in rule.zones))
        and (not rule.types or deviation.type in rule.types)
        and (not rule.severities or deviation.severity in rule.severities)
    )
