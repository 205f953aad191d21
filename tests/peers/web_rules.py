"""Rules in memory, and the desk that changes them: real settings, real mistakes, a real test case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.detect.cases import CaseOptions
from gateway.detect.changes.offline import change_points
from gateway.detect.explain import explain
from gateway.detect.options import RuleOptions
from gateway.detect.status import written
from gateway.deviation import ChangePoints, Explanation, Issue, RuleStatus, RuleVersion
from gateway.errors import ConflictError, NotFoundError
from gateway.ports import Catalogue
from gateway.rulebook import draft
from gateway.rulesheet import RuleChange, RuleOrigin, RuleSheet

FIRST_NS = 1_767_247_200_000_000_000
HOUR_NS = 3_600_000_000_000
CASE = "a fill far too heavy is seen after three seconds"


@dataclass
class MemoryRules:
    """Rules in a list, each with a version before the one it has; `made` are those of people since, newest first."""

    listed: list[RuleStatus] = field(default_factory=list)
    made: dict[str, list[RuleVersion]] = field(default_factory=dict)

    def rules(self) -> Sequence[RuleStatus]:
        """Return them."""
        return self.listed

    def one(self, rule: str) -> RuleStatus:
        """Return one."""
        known = next((each for each in self.listed if each.id == rule), None)
        if known is None:
            raise NotFoundError(f"there was never a rule {rule!r}")
        return known

    async def newest(self) -> Mapping[str, RuleVersion]:
        """Return the newest version of each."""
        return {each.id: (await self.versions(each.id))[0] for each in self.listed}

    async def versions(self, rule: str) -> Sequence[RuleVersion]:
        """Return what people made of a known rule, and two versions before."""
        known, since = self.one(rule), self.made.get(rule, [])
        first = known.settings if not since else self.files(rule)
        before = {**first, "on_delay_s": 1.0}
        return [
            *since,
            *(
                RuleVersion(
                    rule=rule,
                    revision=revision,
                    version=version,
                    settings=settings,
                    by="ann",
                    reason=reason,
                    time_ns=FIRST_NS + revision * HOUR_NS,
                )
                for revision, version, settings, reason in (
                    (2, known.version, first, "fewer false alarms, by backtest"),
                    (1, "0a0b0c", before, "the gateway was started"),
                )
            ),
        ]

    def files(self, rule: str) -> Mapping[str, object]:
        """Return what the configuration says: what was there before people changed it."""
        return self._first.setdefault(rule, self.one(rule).settings)

    _first: dict[str, Mapping[str, object]] = field(default_factory=dict)

    async def change_points(self, issue: Issue) -> ChangePoints:
        """Search the evidence."""
        return await change_points(issue)

    async def explain(self, issue: Issue) -> Explanation:
        """Replay the evidence with the settings that a rule of this id has, as far as one is listed."""
        known = next((each for each in self.listed if each.id == issue.rule), None)
        if known is None:
            return explain(issue, None)
        whole = {"type": known.type, "title": known.title, "signals": list(known.signals)}
        return explain(issue, {**whole, **known.settings})


class MemoryRuleDesk:
    """The `RuleDesk` over rules in memory."""

    def __init__(self, rules: MemoryRules, catalogue: Catalogue, clock: Clock) -> None:
        self._rules = rules
        self._catalogue = catalogue
        self._clock = clock

    async def sheet(self, rule: str) -> RuleSheet:
        """Return a rule as it can be changed."""
        known = self._rules.one(rule)
        options = self._options(known, known.settings)
        return RuleSheet(
            id=rule,
            revision=(await self._rules.versions(rule))[0].revision,
            origin=RuleOrigin.PEOPLE if rule in self._rules.made else RuleOrigin.FILES,
            settings=written(options),
            in_files=written(self._options(known, self._rules.files(rule))),
            fields=draft.fields(options),
            cases=draft.concerned(rule, self._cases(known)),
            error=known.error,
        )

    async def change(self, rule: str, change: RuleChange, *, revision: int, by: str) -> RuleSheet:
        """Change it as the real desk does, but for the store."""
        known = self._rules.one(rule)
        made = draft.checked(rule, change.settings, self._catalogue.all())
        draft.hold(rule, {rule: made}, self._cases(known), Path(), change.despite)
        return await self._place(known, made, revision, by, change.reason)

    async def take_back(
        self, rule: str, *, to: int | None, revision: int, by: str, reason: str
    ) -> RuleSheet:
        """Take it back as the real desk does, but for the store."""
        known, settings = self._rules.one(rule), self._rules.files(rule)
        if to is not None:
            kept = await self._rules.versions(rule)
            then = next((one for one in kept if one.revision == to), None)
            if then is None or then.settings is None:
                raise NotFoundError(f"rule {rule} has no settings of revision {to}")
            settings = then.settings
        return await self._place(known, self._options(known, settings), revision, by, reason)

    async def _place(
        self, known: RuleStatus, made: RuleOptions, revision: int, by: str, reason: str
    ) -> RuleSheet:
        newest = (await self._rules.versions(known.id))[0].revision
        if newest != revision:
            raise ConflictError(f"rule {known.id} is at revision {newest} now, not {revision}")
        self._rules.files(known.id)
        settings = written(made)
        version = RuleVersion(
            rule=known.id,
            revision=newest + 1,
            version=made.version(),
            settings=settings,
            by=by,
            reason=reason,
            time_ns=self._clock.now_ns(),
        )
        self._rules.made[known.id] = [version, *self._rules.made.get(known.id, [])]
        at = self._rules.listed.index(known)
        self._rules.listed[at] = replace(
            known, settings=settings, version=made.version(), title=made.title
        )
        return await self.sheet(known.id)

    def _options(self, known: RuleStatus, settings: Mapping[str, object]) -> RuleOptions:
        whole: dict[str, Any] = {
            "type": known.type,
            "title": known.title,
            "signals": list(known.signals),
            **settings,
        }
        return draft.checked(known.id, whole, self._catalogue.all())

    @staticmethod
    def _cases(known: RuleStatus) -> Mapping[str, CaseOptions]:
        """Return the case of the first rule; a fill of 9,999 g at 1 s must be told at 4 s."""
        if known.id != "fill_weight_high":
            return {}
        case = {
            "rules": [known.id],
            "series": {known.signals[0]: [[0, 0], [1, 9999]]},
            "until_s": 30,
            "expect": [{"at_s": 4, "event": "raised"}],
        }
        return {CASE: CaseOptions.model_validate(case)}
