"""What the routes of alarms take and return, with an example of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from web.api.docs import RULES_PATH
from web.api.models import Document, Number

ALARM: Final[dict[str, Any]] = {
    "number": 4,
    "rule": "fill_weight_high",
    "rule_version": "a1b2c3",
    "signal": RULES_PATH,
    "side": "high",
    "asset": "plant/bottling/line1/filler",
    "title": "Fill weight above its limit",
    "priority": "medium",
    "enabled": True,
    "active": True,
    "acked": False,
    "confirmed": True,
    "latched": False,
    "suppressed": False,
    "out_of_service": False,
    "shelving": "unshelved",
    "shelved_until_ms": None,
    "re_alarm_ms": None,
    "letter": "B",
    "retain": True,
    "suppressed_or_shelved": False,
    "onset_ms": 1767247200000.0,
    "raised_ms": 1767247203000.0,
    "cleared_ms": None,
    "value": 512.7,
    "limits": {"high": 510.0},
    "explanation": "512.7 g has been above 510 g for 3 s.",
    "consequence": "Product is given away.",
    "response": "Check the dosing valve.",
    "issue": 17,
    "first_out": True,
    "occurrences": 1,
    "revision": 9,
}
EVENT: Final[dict[str, Any]] = {
    "seq": 9,
    "alarm": 4,
    "time_ms": 1767247203000.0,
    "action": "raised",
    "by": "rule:fill_weight_high",
    "reason": "",
    "before": "A",
    "after": "B",
    "detail": {"value": 512.7},
}


class AlarmDocument(Document):
    """One condition of one rule on one signal; `letter` is its ISA-18.2 state."""

    number: int
    rule: str
    rule_version: str
    signal: str
    side: str
    asset: str
    title: str
    priority: str
    enabled: bool
    active: bool
    acked: bool
    confirmed: bool
    latched: bool
    suppressed: bool
    out_of_service: bool
    shelving: str
    shelved_until_ms: float | None
    re_alarm_ms: float | None
    letter: str
    retain: bool
    suppressed_or_shelved: bool
    onset_ms: float
    raised_ms: float
    cleared_ms: float | None
    value: Number
    limits: dict[str, Number]
    explanation: str
    consequence: str
    response: str
    issue: int | None
    first_out: bool
    occurrences: int
    revision: int


class AlarmPage(Document):
    """A page of alarms, highest number first; `next_before` is null on the last."""

    items: list[AlarmDocument]
    next_before: int | None
    revision: int


class AlarmEventDocument(Document):
    """One entry of the alarm journal; `before` and `after` are ISA-18.2 letters."""

    seq: int
    alarm: int
    time_ms: float
    action: str
    by: str
    reason: str
    before: str
    after: str
    detail: dict[str, Any]


class AlarmEventPage(Document):
    """A page of the alarm journal, oldest first; `next_after` is null on the last."""

    items: list[AlarmEventDocument]
    next_after: int | None


class JournalDocument(AlarmEventDocument):
    """An entry of the journal, and its alarm as it is now."""

    of: AlarmDocument


class JournalPage(Document):
    """A page of the journal, newest first; `next_before` is null on the last."""

    items: list[JournalDocument]
    next_before: int | None


class Answer(BaseModel):
    """What a person says when answering an alarm."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "On it."}})
    reason: str = Field("", max_length=1000, description="May be empty.")


class Why(BaseModel):
    """Why an alarm is taken out of the operators' sight, or brought back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "Sensor is being calibrated."}}
    )
    reason: str = Field(min_length=1, max_length=1000)


class Shelf(StrEnum):
    """How long an alarm is put aside: for a time, or until it ends."""

    TIMED = "timed"
    ONE_SHOT = "one_shot"


class Shelve(BaseModel):
    """How an alarm is put aside, why, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"reason": "Door switch flaps.", "how": "timed", "for_s": 1800}
        },
    )
    reason: str = Field(min_length=1, max_length=1000)
    how: Shelf = Shelf.TIMED
    for_s: float | None = Field(
        None, gt=0, le=7 * 86_400, description="Seconds; as long as its rule allows unless given."
    )
