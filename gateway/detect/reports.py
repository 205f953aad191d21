"""Turns events of the engine into what the issue desk takes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

from gateway.detect.options import RuleOptions
from gateway.detect.sources import Sources
from gateway.detect.wording import describe
from gateway.errors import NotFoundError
from gateway.issues import Clearing, Deviation, Ending, Wanted
from gateway.model import SampleBatch, Signal
from gateway.ports import Catalogue
from rules.events import Event, EventKind

ENDINGS = {EventKind.CLEARED: Ending.CLEARED, EventKind.WITHDRAWN: Ending.WITHDRAWN}


def event_key(event: Event, signal: Signal) -> str:
    """Return an event's id: the same whenever the same stream is replayed."""
    parts = (
        event.rule,
        event.version,
        signal.path,
        event.side,
        str(event.onset_ns),
        str(event.serial),
        event.kind.name,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def report(
    event: Event,
    *,
    rules: Mapping[str, RuleOptions],
    catalogue: Catalogue,
    sources: Sources,
    batch: SampleBatch,
    limits: str = "",
) -> Deviation | Clearing:
    """Return the report of an event found while `batch` was evaluated; `limits` is the version of a chart's limits."""
    signal = catalogue.signal(event.signal)
    cause = f"{event.rule}@{signal.machine}"
    member = f"{signal.path}#{event.side}"
    value = event.value if math.isfinite(event.value) else None
    key = event_key(event, signal)
    if event.kind is not EventKind.RAISED:
        return Clearing(
            key=key,
            cause=cause,
            member=member,
            rule=event.rule,
            ending=ENDINGS[event.kind],
            time_ns=event.time_ns,
            value=value,
        )
    rule = rules[event.rule]
    words = describe(event, rule, signal)
    explanation = f"{words.explanation} Limits version {limits}." if limits else words.explanation
    return Deviation(
        key=key,
        cause=cause,
        member=member,
        rule=event.rule,
        rule_version=event.version,
        asset=signal.machine,
        signal=signal.path,
        severity=rule.severity,
        type=rule.issue_type,
        title=words.title,
        explanation=explanation,
        onset_ns=event.onset_ns,
        time_ns=event.time_ns,
        value=value,
        limits=words.limits,
        evidence=_evidence(event, rule, signal, catalogue, sources, batch),
        family=rule.type,
    )


def _evidence(  # noqa: PLR0917 - it hands its caller's columns on
    event: Event,
    rule: RuleOptions,
    signal: Signal,
    catalogue: Catalogue,
    sources: Sources,
    batch: SampleBatch,
) -> tuple[Wanted, ...]:
    wanted = [sources.wanted(event, event.signal, signal, batch)]
    for name in rule.beside():
        path = name if "/" in name else f"{signal.machine}/{name}"
        try:
            index = catalogue.index(path)
        except NotFoundError:
            continue
        wanted.append(sources.wanted(event, index, catalogue.signal(index), batch))
    return tuple(wanted)
