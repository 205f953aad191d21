"""Alarms as people meet them: OPC UA Part 9 flags, the ISA-18.2 letters they stand for, and their journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Shelving(StrEnum):
    """Whether a person has put an alarm aside, and how (OPC UA Part 9, ShelvedStateMachineType)."""

    UNSHELVED = "unshelved"
    TIMED = "timed_shelved"
    ONE_SHOT = "one_shot_shelved"


class AlarmPriority(StrEnum):
    """How soon a person must answer; the standard wants 5 % high, 15 % medium and 80 % low."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class AlarmLetter(StrEnum):
    """The state of an alarm by ISA-18.2 and IEC 62682."""

    NORMAL = "A"
    UNACKNOWLEDGED = "B"
    ACKNOWLEDGED = "C"
    RETURNED_UNACKNOWLEDGED = "D"
    LATCHED_UNACKNOWLEDGED = "E"
    LATCHED_ACKNOWLEDGED = "F"
    SHELVED = "G"
    SUPPRESSED_BY_DESIGN = "H"
    OUT_OF_SERVICE = "I"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One entry of the alarm journal: what was done to an alarm, by whom, why, and the letters around it."""

    seq: int
    alarm: int
    time_ns: int
    action: str
    by: str
    reason: str
    before: AlarmLetter
    after: AlarmLetter
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One condition of one rule on one signal, for as long as its rule is known.

    The flags are independent of each other; `letter`, `retain` and `suppressed_or_shelved` follow from them.
    `side` is the end of the range it watches; `shelved_until_ns` when shelving ends by itself, `re_alarm_ns` when
    it will ask again; `issue` the newest issue it belongs to, `first_out` whether it began that issue;
    `occurrences` how often it was raised; `consequence` what happens if nobody answers and `response` what to do.
    """

    number: int
    rule: str
    rule_version: str
    signal: str
    side: str
    asset: str
    title: str
    priority: AlarmPriority
    enabled: bool
    active: bool
    acked: bool
    confirmed: bool
    latched: bool
    suppressed: bool
    out_of_service: bool
    shelving: Shelving
    shelved_until_ns: int | None
    re_alarm_ns: int | None
    letter: AlarmLetter
    retain: bool
    suppressed_or_shelved: bool
    onset_ns: int
    raised_ns: int
    cleared_ns: int | None
    value: float | None
    limits: Mapping[str, float]
    explanation: str
    consequence: str
    response: str
    issue: int | None
    first_out: bool
    occurrences: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A time with more alarms than a person can answer; it ends when fewer than five came in ten minutes."""

    start_ns: int
    end_ns: int
    alarms: int
    peak_10_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BadActor:
    """An alarm that is counted by itself: how often it came, and which part of all that is."""

    alarm: int
    rule: str
    signal: str
    side: str
    raised: int
    share: float
    chattering: bool
    fleeting: int
    stale_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NuisanceSetting:
    """A setting that would quiet an alarm: its `value` now and `before`, and how many alarms it would have `left`."""

    name: str
    value: float
    before: float
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuisance:
    """An alarm that comes too often, and what its own history says would quiet it.

    `setting` is None where nothing does, or nothing need; `reason` says why, or what to know of it.
    """

    alarm: int
    rule: str
    signal: str
    side: str
    asset: str
    title: str
    raised: int
    per_day: float
    share: float
    chattering: bool
    fleeting: int
    stale_s: float
    setting: NuisanceSetting | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """An entry of the alarm journal with the alarm it is about."""

    event: AlarmEvent
    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One figure held against the standard (ISA-18.2 table 7, per operator position)."""

    name: str
    value: float
    target: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMetrics:
    """How the alarm system of some machines did over a range of time; shares are 0 to 1.

    `raised` counts what was shown to operators: what came while shelved, suppressed or out of service is
    `hidden`. Rates are per operator position.
    """

    start_ns: int
    end_ns: int
    operators: int
    raised: int
    hidden: int
    per_10_min: float
    per_hour: float
    per_day: float
    most_in_10_min: int
    hours_over_30: float
    periods_over_10: float
    in_flood: float
    floods: tuple[Flood, ...]
    top_10_share: float
    worst: tuple[BadActor, ...]
    chattering: int
    fleeting: int
    stale: int
    most_stale_in_a_day: int
    by_priority: Mapping[str, int]
    benchmarks: tuple[Benchmark, ...]
