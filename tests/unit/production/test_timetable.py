"""Planned time over clock changes, nights, breaks and dated exceptions; and what options refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from gateway.production.kpi.options import CalendarOptions, ProductionOptions, ShiftOptions
from gateway.production.kpi.timetable import PlanKind, Timetable

H = 3600 * 10**9
WEEK = {
    "shifts": {
        "early": {"start": "06:00", "end": 840, "breaks": [{"start": "10:00", "end": "10:15"}]},
        "late": {"start": "14:00", "end": "22:00"},
        "night": {"start": "22:00", "end": "06:00", "breaks": [{"start": "01:30", "end": "02:00"}]},
    },
    "exceptions": [
        {"day": "2026-12-25", "shifts": []},
        {"day": "2026-12-26", "shifts": ["early"]},
    ],
}


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def table(given: dict | None = WEEK, zone: str = "Europe/Berlin") -> Timetable:
    calendar = None if given is None else CalendarOptions.model_validate(given)
    return Timetable(calendar, time_zone=zone)


def test_shifts_of_a_plain_day() -> None:
    early, late, night = table().shifts(date(2026, 11, 24))
    assert (early.start_ns, early.end_ns) == (utc("2026-11-24T05:00"), utc("2026-11-24T13:00"))
    assert early.breaks == ((utc("2026-11-24T09:00"), utc("2026-11-24T09:15")),)
    assert late.start_ns == early.end_ns
    assert night.end_ns == utc("2026-11-25T05:00")
    assert night.breaks == ((utc("2026-11-25T00:30"), utc("2026-11-25T01:00")),)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 7), ((2026, 10, 24), 9)])
def test_a_night_with_a_clock_change_is_an_hour_shorter_or_longer(day, hours: int) -> None:
    night = table().shifts(date(*day))[2]
    assert night.end_ns - night.start_ns == hours * H


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_local_day_has_23_or_25_hours(day, hours: int) -> None:
    for each in (table(), table(None)):
        start_ns, end_ns = each.day_span(date(*day))
        assert end_ns - start_ns == hours * H


def test_segments_cover_all_time_once_and_know_their_shift() -> None:
    plan = table()
    start, end = utc("2026-12-20T00:00"), utc("2027-01-02T00:00")
    starts = plan.starts(start, end).tolist()
    assert starts == sorted(set(starts))
    assert starts[0] <= start
    kinds = {
        at: (plan.segment(utc(at)).kind, plan.segment(utc(at)).shift, plan.segment(utc(at)).day)
        for at in ("2026-12-24T09:05", "2026-12-25T03:00", "2026-12-25T12:00", "2026-12-26T20:00")
    }
    assert kinds == {
        "2026-12-24T09:05": (PlanKind.DOWN, "early", "2026-12-24"),
        "2026-12-25T03:00": (PlanKind.BUSY, "night", "2026-12-24"),
        "2026-12-25T12:00": (PlanKind.OFF, "", "2026-12-25"),
        "2026-12-26T20:00": (PlanKind.OFF, "", "2026-12-26"),
    }
    assert plan.end_of(plan.segment(utc("2026-12-24T09:05"))) == utc("2026-12-24T09:15")


def test_without_a_calendar_all_time_is_planned_by_local_days() -> None:
    segment = table(None).segment(utc("2026-11-24T23:30"))
    assert (segment.kind, segment.day, segment.shift) == (PlanKind.BUSY, "2026-11-25", "")
    assert segment.start_ns == utc("2026-11-24T23:00")


@pytest.mark.parametrize(
    "shifts",
    [
        {"a": {"start": "06:00", "end": "14:00"}, "b": {"start": "13:00", "end": "22:00"}},
        {"a": {"days": ["sun"], "start": "22:00", "end": "07:00"}, "b": {"days": ["mon"], "start": "06:00", "end": "14:00"}},
        {"a": {"start": "06:00", "end": "14:00", "breaks": [{"start": "15:00", "end": "15:10"}]}},
        {"a": {"start": "25:00", "end": "14:00"}},
    ],
)  # fmt: skip
def test_shifts_that_cannot_be_are_refused(shifts) -> None:
    with pytest.raises(ValidationError):
        CalendarOptions.model_validate({"shifts": shifts})


def test_one_whole_day_is_a_shift() -> None:
    all_day = ShiftOptions.model_validate({"start": "06:00", "end": "06:00"})
    assert all_day.span_min() == (360, 1800)


def test_the_deepest_path_wins_for_each_setting() -> None:
    options = ProductionOptions.model_validate(
        {
            "calendars": {"c": {"shifts": {"a": {"start": "06:00", "end": "14:00"}}}},
            "units": {
                "p/a": {"calendar": "c", "minor_stop_s": 30},
                "p/a/l/m": {"run_time_s": 0.5, "minor_stop_s": 60},
            },
        }
    )
    found = options.unit("p/a/l/m")
    assert (found.calendar, found.run_time_s, found.minor_stop_s) == ("c", 0.5, 60)
    assert options.unit("p/a/l/n").minor_stop_s == 30
    assert options.unit("p/b/l/n").calendar is None
    with pytest.raises(ValidationError, match="no calendar 'x'"):
        ProductionOptions.model_validate({"units": {"p": {"calendar": "x"}}})
