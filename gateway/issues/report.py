"""What a rule reports to the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.deviation import IssueType, Severity

ANDON: Final = "andon"
"""The rule that calls of people at a machine are told under: each stands alone, and nothing joins it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Evidence to keep: one signal's rows by source time, from `start_ns` through `middle_ns`, later to `end_ns`.

    `need_ns` is the newest source time the rule had seen: history has caught up once it holds that row; 0 where
    the rule had seen none.
    """

    signal: int
    path: str
    unit: str
    start_ns: int
    middle_ns: int
    need_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A condition that was raised; `key` is the event's own id, `member` the condition within its cause.

    `time_ns` is the instant the rule's delay was over, `onset_ns` when the condition began; `family` the kind of rule.
    """

    key: str
    cause: str
    member: str
    rule: str
    rule_version: str
    asset: str
    signal: str
    severity: Severity
    type: IssueType
    title: str
    explanation: str
    onset_ns: int
    time_ns: int
    value: float | None
    limits: Mapping[str, float]
    evidence: tuple[Wanted, ...] = ()
    family: str = ""


class Ending(StrEnum):
    """Why a condition no longer holds: the data says so, or its rule was changed or removed."""

    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """A condition that no longer holds."""

    key: str
    cause: str
    member: str
    rule: str
    ending: Ending
    time_ns: int
    value: float | None
