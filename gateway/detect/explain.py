"""Why a rule raised an issue: its evidence through the slow oracle, one sample after another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.detect.backtest.variations import made
from gateway.detect.options import RuleOptions
from gateway.deviation import EvidenceSeries, Explanation, ExplanationStep, Issue
from gateway.errors import InvalidRequestError
from rules import reference
from rules.events import Event, EventKind
from rules.reference_parts import Sample, Watch, silent
from rules.spec import SignalInfo

MOST_STEPS = 5000


def explain(issue: Issue, settings: Mapping[str, Any] | None) -> Explanation:
    """Replay an issue's evidence with the settings its rule had; says so where that does not give the alarm again."""
    rule, problem = _options(settings)
    steps: list[ExplanationStep] = []
    events: list[Event] = []
    samples = _samples(issue.evidence)
    if rule is not None and not samples:
        problem = "no evidence was kept: the samples cannot be replayed"
    elif rule is not None:
        events, steps = _replayed(issue, rule, samples)
        problem = _difference(issue, rule, events)
    return Explanation(
        issue=issue.number,
        rule=issue.rule,
        rule_version=issue.rule_version,
        settings=None if settings is None else dict(settings),
        limits=issue.limits,
        text=issue.explanation,
        samples=issue.evidence,
        steps=tuple(steps),
        reproduced=problem == "",
        difference=problem,
    )


def _options(settings: Mapping[str, Any] | None) -> tuple[RuleOptions | None, str]:
    if settings is None:
        return None, "the settings of this rule version were not kept: nothing can be replayed"
    try:
        return made(settings), ""
    except InvalidRequestError as error:
        return None, f"this version of the gateway cannot run these settings: {error}"


def _samples(evidence: Sequence[EvidenceSeries]) -> list[Sample]:
    found = [
        Sample(index, time_ns, math.nan if value is None else value, quality)
        for index, series in enumerate(evidence)
        for time_ns, value, quality in zip(
            series.time_ns, series.value, series.quality, strict=True
        )
    ]
    return sorted(found, key=lambda sample: sample.time_ns)


def _replayed(
    issue: Issue, rule: RuleOptions, samples: Sequence[Sample]
) -> tuple[list[Event], list[ExplanationStep]]:
    """Run the rule on the issue's signal over its evidence, noting each step of the arithmetic."""
    infos = [SignalInfo(path=series.path) for series in issue.evidence]
    spec = replace(rule.to_spec(issue.rule), signals=(issue.signal,))  # type: ignore[type-var]  # every spec is a dataclass
    side = next((name for name in ("high", "low") if name in issue.limits), "")
    out: list[Event] = []
    steps: list[ExplanationStep] = []

    def note(t: int, text: str) -> None:
        if len(steps) < MOST_STEPS:
            steps.append(ExplanationStep(time_ns=t, text=text))

    index = next((n for n, one in enumerate(issue.evidence) if one.path == issue.signal), None)
    found = (
        [] if index is None else [*reference.watched(spec, index, infos, samples[0].time_ns, out)]
    )
    for watch, inputs in found:
        reference.tell(watch, note if _is_side(watch, side) else silent)
        for sample in samples:
            watch.pass_to(sample.time_ns)
            if sample.signal in inputs:
                watch.see(sample)
        watch.pass_to(samples[-1].time_ns)
    # What a sample says comes before the delay it ends.
    ordered = sorted(steps, key=lambda step: (step.time_ns, "-delay of" in step.text))
    return sorted(out), ordered


def _is_side(watch: Watch, side: str) -> bool:
    delayed = getattr(watch, "delayed", None)
    own = "" if delayed is None else delayed.event[3]
    return not side or own in {"", side}


def _difference(issue: Issue, rule: RuleOptions, events: Sequence[Event]) -> str:
    """Say why the replay does not show the alarm, or "": the machine's clock may be off, values may not."""
    raised = [event for event in events if event.kind is EventKind.RAISED]
    if not raised:
        return (
            f"the kept samples alone do not raise it again: {rule.type} needs more of the past, or of"
            " other signals, than evidence holds"
        )
    if issue.value is not None and not any(
        math.isclose(event.value, issue.value, rel_tol=1e-6, abs_tol=1e-9) for event in raised
    ):
        return "the replay raises it with another value than the issue names"
    return ""
