"""Why a rule raised an issue: its evidence through the slow oracle, one sample after another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.clock import NS_PER_S
from gateway.detect.backtest.variations import made
from gateway.detect.options import LimitRule, RuleOptions
from gateway.deviation import EvidenceSeries, Explanation, ExplanationStep, Issue
from gateway.errors import InvalidRequestError
from rules import reference
from rules.events import Event, EventKind
from rules.reference import Delayed, LimitWatch, Sample
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
        events = _replayed(issue, rule, samples)
        steps = [*_steps(issue, rule, samples)][:MOST_STEPS]
        problem = _difference(issue, rule, events)
    steps += [_event_step(issue, event) for event in events if not isinstance(rule, LimitRule)]
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


def _replayed(issue: Issue, rule: RuleOptions, samples: Sequence[Sample]) -> list[Event]:
    spec = rule.to_spec(issue.rule)
    infos = [SignalInfo(path=series.path) for series in issue.evidence]
    return [
        event
        for event in reference.run(
            [spec], infos, samples, start_ns=samples[0].time_ns, end_ns=samples[-1].time_ns
        )
        if issue.evidence[event.signal].path == issue.signal
    ]


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


def _steps(issue: Issue, rule: RuleOptions, samples: Sequence[Sample]) -> Iterator[ExplanationStep]:
    if not isinstance(rule, LimitRule):
        return
    index = next((n for n, one in enumerate(issue.evidence) if one.path == issue.signal), None)
    high = "high" in issue.limits
    limit = rule.high if high else rule.low
    if index is None or limit is None:
        return
    sign = 1.0 if high else -1.0
    on_ns, off_ns = round(rule.on_delay_s * NS_PER_S), round(rule.off_delay_s * NS_PER_S)
    out: list[Event] = []
    delayed = Delayed((issue.rule, "", index, ""), on_ns, off_ns, out)
    watch = LimitWatch(delayed, limit, rule.deadband, sign)
    unit = issue.evidence[index].unit
    for sample in samples:
        watch.pass_to(sample.time_ns)
        yield from _fired(out, delayed)
        if sample.signal != index:
            continue
        watch.see(sample)
        said = _compared(sample, limit, rule.deadband, sign, unit)
        yield ExplanationStep(time_ns=sample.time_ns, text=f"{said}; {_state(delayed)}")
        yield from _fired(out, delayed)


def _fired(out: list[Event], delayed: Delayed) -> Iterator[ExplanationStep]:
    while out:
        event = out.pop(0)
        raised = event.kind is EventKind.RAISED
        need_s = (delayed.on_ns if raised else delayed.off_ns) / NS_PER_S
        word = "on-delay" if raised else "off-delay"
        text = f"the {word} of {need_s:g} s is over: {event.kind.name.lower()}"
        yield ExplanationStep(time_ns=event.time_ns, text=text)


def _compared(sample: Sample, limit: float, deadband: float, sign: float, unit: str) -> str:
    if not sample.usable:
        return "no usable value: the delays stand still"
    value, back = sample.value, limit - sign * deadband
    shown = f"{value:g} {unit}".rstrip()
    beyond, within = ("≥", "<") if sign > 0 else ("≤", ">")
    if sign * value >= sign * limit:
        return f"{shown} {beyond} limit {limit:g}"
    if sign * value < sign * back:
        return f"{shown} {within} limit {limit:g} less deadband {deadband:g} = {back:g}"
    return f"{shown} lies between {back:g} and limit {limit:g}: inside the deadband"


def _state(delayed: Delayed) -> str:
    need_ns = delayed.off_ns if delayed.raised else delayed.on_ns
    if not delayed.pending:
        return "raised" if delayed.raised else "normal"
    word = "off-delay" if delayed.raised else "on-delay"
    return f"{word} {delayed.elapsed / NS_PER_S:g} of {need_ns / NS_PER_S:g} s"


def _event_step(issue: Issue, event: Event) -> ExplanationStep:
    unit = issue.evidence[event.signal].unit
    text = f"{event.kind.name.lower()}: {event.value:g} against {event.limit:g} {unit}".rstrip()
    return ExplanationStep(time_ns=event.time_ns, text=text)
