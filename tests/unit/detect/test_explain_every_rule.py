"""Every kind of rule tells its arithmetic, sample by sample, and raises again what it raised."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gateway.detect
from gateway.config.schema import load
from gateway.detect.explain import explain
from gateway.deviation import EvidenceSeries, Issue, IssueState, IssueType, Severity
from rules import reference
from rules.events import Event, EventKind
from rules.reference_parts import Sample
from rules.spec import SignalInfo

SAMPLE = Path(gateway.detect.__file__).parent / "samples" / "rules.yaml"
LOADED = load(SAMPLE).options
S = 1_000_000_000
SAID = {
    "a melt that": "from 200.5 to 202.5 in 30 s is 4 in 60 s",
    "pressure that": "112 less 100 over 60 s is 12",
    "one weight": "on-delay 59 of 120 s",
    "one shot": "29 is 5 from the median 24",
    "five minutes": "state 10 is one of 10, 11",
    "a mould": "state = 6, value = 54, setpoint = 60: true",
    "the third": "z = (5.7 - 6) / 0.05 = -6.000; N1 fires",
    "nine rejects": "0.045 of size 200: z = (0.045 - 0.01)",
    "the template": "76 ≥ limit 75; on-delay 0 of 5 s",
}


def played(name: str) -> tuple[str, Event, list[EvidenceSeries], list[SignalInfo]]:
    """Return the rule that raises first in a case of the sample, the event, and all series as evidence."""
    case = LOADED.tests[name]
    infos = [SignalInfo(path=path) for path in case.series]
    evidence = [
        EvidenceSeries(
            path=path,
            unit="",
            time_ns=[round(at * S) for at, _ in rows],
            value=[value for _, value in rows],
            quality=[0] * len(rows),
        )
        for path, rows in case.series.items()
    ]
    samples = sorted(
        (
            Sample(index, time_ns, math.nan if value is None else value, 0)
            for index, one in enumerate(evidence)
            for time_ns, value in zip(one.time_ns, one.value, strict=True)
        ),
        key=lambda sample: sample.time_ns,
    )
    specs = {rule: LOADED.rules[rule].to_spec(rule) for rule in case.rules}
    end_ns = round(case.until_s * S)
    events = reference.run([*specs.values()], infos, samples, start_ns=0, end_ns=end_ns)
    first = next(event for event in events if event.kind is EventKind.RAISED)
    return first.rule, first, evidence, infos


@pytest.mark.parametrize("name", sorted(LOADED.tests), ids=lambda name: str(name)[:12])
def test_the_steps_of_a_case_are_told(name: str) -> None:
    rule, event, evidence, infos = played(name)
    path = infos[event.signal].path
    # The case may end by time alone; evidence ends with a last sample.
    last = [replace(one, time_ns=[*one.time_ns, 10**12], value=[*one.value, one.value[-1]], quality=[0] * (len(one.value) + 1)) for one in evidence]  # fmt: skip
    fields: dict[str, Any] = {
        "number": 1, "state": IssueState.OPEN, "title": "t", "severity": Severity.P3,
        "type": IssueType.QUALITY, "cause": "c", "rule": rule, "rule_version": event.version,
        "asset": path.rpartition("/")[0], "signal": path, "onset_ns": event.onset_ns,
        "opened_ns": event.time_ns, "active": True, "cleared_ns": None, "closed_ns": None,
        "occurrences": 1, "value": event.value, "limits": {}, "explanation": "e",
        "evidence": tuple(last),
    }  # fmt: skip
    told = explain(Issue(**fields), LOADED.rules[rule].model_dump(mode="json"))
    assert told.reproduced, told.difference
    text = "\n".join(step.text for step in told.steps)
    words = next(words for start, words in SAID.items() if name.startswith(start))
    assert words in text, text
    times = [step.time_ns for step in told.steps]
    assert times == sorted(times)
