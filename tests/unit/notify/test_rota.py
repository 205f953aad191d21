"""Who is on duty: shifts, rotation with hand-over, swaps, exceptions; exact over days of 23 and 25 hours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway.clock import NS_PER_S
from gateway.notice import QuietHours
from gateway.notify.options import Level, NotifyOptions
from gateway.notify.recipients import Recipients
from gateway.notify.teams.options import TeamOptions
from gateway.notify.teams.rota import Rota, next_wall_ns, quiet_until

BERLIN = "Europe/Berlin"
HOUR_NS = 3600 * NS_PER_S


def at(text: str, *, fold: int = 0, zone: str = BERLIN) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.timestamp()) * NS_PER_S


def rota(**team: Any) -> Rota:
    return Rota(TeamOptions.model_validate(team), time_zone=BERLIN)


def by_turns(**more: Any) -> Rota:
    rotation = {"order": ["anna", "ben", "cem"], "start": "2026-01-05", "hand_over": "07:00"}
    return rota(members=["anna", "ben", "cem"], rotation=rotation | more)


@pytest.mark.parametrize(
    ("moment", "person"),
    [
        ("2026-01-05T06:59", "anna"),  # nobody is on call before the rotation begins: all members
        ("2026-01-05T07:00", "anna"),
        ("2026-01-12T06:59:59", "anna"),
        ("2026-01-12T07:00", "ben"),
        ("2026-01-19T07:00", "cem"),
        ("2026-01-26T07:00", "anna"),
        ("2026-03-30T06:59", "cem"),  # the day after clocks went forward
        ("2026-03-30T07:00", "anna"),
        ("2026-10-26T06:59", "cem"),  # the day after they went back
        ("2026-10-26T07:00", "anna"),
    ],
)
def test_the_rotation_hands_over_at_its_local_time(moment: str, person: str) -> None:
    people, how = by_turns().people(at(moment))
    assert people[0] == person
    assert how.value == ("members" if moment < "2026-01-05T07:00" else "on_call")


def test_a_week_over_a_change_of_the_clock_has_an_hour_less_or_more() -> None:
    duty = by_turns()
    spring = duty.duty(at("2026-03-23T07:00"))
    assert spring.until_ns is not None
    assert spring.until_ns - spring.start_ns == 167 * HOUR_NS
    autumn = duty.duty(at("2026-10-19T07:00"))
    assert autumn.until_ns is not None
    assert autumn.until_ns - autumn.start_ns == 169 * HOUR_NS


def test_a_hand_over_that_the_clock_skips_is_at_the_change_and_one_that_comes_twice_at_the_first() -> (
    None
):
    skipped = by_turns(start="2026-03-29", hand_over="02:30", every_days=1)
    assert skipped.hand_over_ns(0) == at("2026-03-29T03:00")
    twice = by_turns(start="2026-10-25", hand_over="02:30", every_days=1)
    assert twice.hand_over_ns(0) == at("2026-10-25T02:30", fold=0)
    assert twice.on_call(at("2026-10-25T02:30", fold=1)) == "anna"


def test_now_and_next_tell_people_and_the_moment_of_the_change() -> None:
    now, after = by_turns().now_and_next(at("2026-01-14T12:00"))
    assert (now.people, now.until_ns) == (("ben",), at("2026-01-19T07:00"))
    assert after is not None
    assert (after.people, after.until_ns) == (("cem",), at("2026-01-26T07:00"))


def test_a_swap_holds_for_its_time_alone() -> None:
    swap = {"start": "2026-01-14 18:00", "end": "2026-01-15 06:00", "person": "anna"}
    duty = by_turns(swaps=[swap])
    assert duty.on_call(at("2026-01-14T17:59")) == "ben"
    assert duty.on_call(at("2026-01-14T18:00")) == "anna"
    assert duty.on_call(at("2026-01-15T06:00")) == "ben"
    assert duty.duty(at("2026-01-14T12:00")).until_ns == at("2026-01-14T18:00")


SHIFTS = {
    "early": {"start": "06:00", "end": "14:00", "members": ["anna"], "days": ["mon", "tue"]},
    "night": {"start": "22:00", "end": "06:00", "members": ["ben"], "days": ["mon"]},
}


def test_a_shift_goes_before_the_rotation_and_a_night_ends_on_the_next_day() -> None:
    rotation = {"order": ["cem"], "start": "2026-01-01"}
    team = rota(members=["anna", "ben", "cem"], shifts=SHIFTS, rotation=rotation)
    assert team.people(at("2026-01-05T06:00")) == (("anna",), "shift")
    assert team.people(at("2026-01-05T14:00"))[0] == ("cem",)
    assert team.people(at("2026-01-06T05:59"))[0] == ("ben",)
    assert team.people(at("2026-01-06T06:00"))[0] == ("anna",)
    duty = team.duty(at("2026-01-06T14:00"))
    assert duty.until_ns == at("2026-01-12T06:00")


def test_a_night_shift_over_a_change_of_the_clock() -> None:
    team = rota(
        members=["ben"],
        shifts={"night": {"start": "22:00", "end": "06:00", "members": ["ben"]}},
        exceptions=[{"day": "2026-10-25", "shifts": []}],
    )
    spring = team.duty(at("2026-03-28T22:00"))
    assert spring.until_ns == at("2026-03-29T06:00")
    assert spring.until_ns - spring.start_ns == 7 * HOUR_NS
    autumn = team.duty(at("2026-10-24T22:00"))
    assert autumn.until_ns is not None
    assert autumn.until_ns - autumn.start_ns == 9 * HOUR_NS


def test_an_exception_takes_the_place_of_the_week() -> None:
    team = rota(
        members=["anna", "ben"], shifts=SHIFTS, exceptions=[{"day": "2026-01-05", "shifts": []}]
    )
    assert team.people(at("2026-01-05T08:00"))[1] == "members"
    assert team.people(at("2026-01-06T08:00"))[0] == ("anna",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"members": ["anna"], "shifts": SHIFTS}, "ben: in shifts or rotation"),
        ({"members": ["anna"], "time_zone": "Berlin"}, "no IANA time zone"),
        (
            {"members": ["anna"], "exceptions": [{"day": "2026-01-05", "shifts": ["late"]}]},
            "no shift 'late'; there are: none",
        ),
    ],
)
def test_a_team_that_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TeamOptions.model_validate(change)


NIGHTS = (QuietHours(days=("fri", "sat", "sun"), start="22:00", end="07:00"),)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-01-09T21:59", None),
        ("2026-01-09T22:00", "2026-01-10T07:00"),
        ("2026-01-12T06:59", "2026-01-12T07:00"),
        ("2026-01-12T22:30", None),
        ("2026-03-29T02:00", "2026-03-29T07:00"),
    ],
)
def test_quiet_hours_in_the_persons_zone(moment: str, until: str | None) -> None:
    found = quiet_until(NIGHTS, at(moment), ZoneInfo(BERLIN))
    assert found == (None if until is None else at(until))


def test_quiet_windows_that_touch_are_one() -> None:
    quiet = (
        QuietHours(days=("sat",), start="00:00", end="24:00"),
        QuietHours(days=("sun",), start="00:00", end="12:00"),
    )
    assert quiet_until(quiet, at("2026-01-10T08:00"), ZoneInfo(BERLIN)) == at("2026-01-11T12:00")


def test_the_next_digest_is_at_the_local_time_on_long_days_too() -> None:
    assert next_wall_ns(at("2026-10-25T00:30"), "07:00", ZoneInfo(BERLIN)) == at("2026-10-25T07:00")
    assert next_wall_ns(at("2026-10-25T07:00"), "07:00", ZoneInfo(BERLIN)) == at("2026-10-26T07:00")


def test_the_deepest_zone_and_the_type_choose_the_team() -> None:
    teams = {
        "plant": {"members": ["anna"]},
        "area": {"members": ["ben"], "zones": ["p/a"], "supervisors": ["sam"]},
        "quality": {"members": ["cem"], "zones": ["p/a/l1"], "types": ["quality"]},
    }
    found = Recipients(NotifyOptions.model_validate({"teams": teams}), time_zone=BERLIN)
    assert found.teams("p/a/l1/m", "quality") == ["quality"]
    assert found.teams("p/a/l1/m", "throughput") == ["area"]
    assert found.teams("p/ab/l1/m", "quality") == ["plant"]
    now = at("2026-01-05T08:00")
    told = found.told(["area"], [Level.OWNER, Level.SUPERVISOR], owner="dora", at_ns=now)
    assert told == {"dora": Level.OWNER, "sam": Level.SUPERVISOR}
    assert found.told(["area"], [Level.OWNER], owner="", at_ns=now) == {"ben": Level.OWNER}


def test_now_is_known_without_a_calendar() -> None:
    now, after = rota(members=["anna"]).now_and_next(
        round(datetime.now(UTC).timestamp()) * NS_PER_S
    )
    assert (now.people, now.how, now.until_ns, after) == (("anna",), "members", None, None)
