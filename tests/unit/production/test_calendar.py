from datetime import UTC, date, datetime

import pytest

from gateway.errors import InvalidRequestError
from gateway.production.calendar import working_time, zone
from gateway.production.model import Calendar, DayException, Shift

WEEK = tuple(
    Shift(weekday=day, start_min=start, end_min=start + 480, breaks=breaks)
    for day in range(5)
    for start, breaks in (
        (360, ((540, 570), (720, 750))),
        (840, ((1020, 1050), (1200, 1230))),
    )
)


def minute(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def test_two_shifts_of_five_days_are_4200_minutes():
    table = working_time(
        Calendar(id="c", zone="Europe/Berlin", shifts=WEEK),
        start=date(2027, 1, 4), end=date(2027, 1, 11),
    )  # fmt: skip
    assert table.total_min == 2 * (480 - 2 * 30) * 5 == 4200


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2027, 3, 27), 420), (date(2027, 10, 30), 540), (date(2027, 6, 5), 480)],
)
def test_night_shift_over_a_clock_change_is_as_long_as_the_night_was(day, minutes):
    shift = Shift(weekday=5, start_min=22 * 60, end_min=30 * 60)
    table = working_time(
        Calendar(id="n", zone="Europe/Berlin", shifts=(shift,)),
        start=day, end=date.fromordinal(day.toordinal() + 1),
    )  # fmt: skip
    assert table.total_min == minutes


def test_a_skipped_wall_time_is_the_moment_of_the_change():
    shift = Shift(weekday=6, start_min=150, end_min=240)  # 02:30 does not exist
    table = working_time(
        Calendar(id="n", zone="Europe/Berlin", shifts=(shift,)),
        start=date(2027, 3, 28), end=date(2027, 3, 29),
    )  # fmt: skip
    assert table.start.tolist() == [minute("2027-03-28T01:00")]
    assert table.total_min == 60


def test_shifts_that_meet_in_a_repeated_hour_neither_overlap_nor_leave_a_gap():
    shifts = (
        Shift(weekday=6, start_min=0, end_min=150),
        Shift(weekday=6, start_min=150, end_min=300),
    )
    table = working_time(
        Calendar(id="n", zone="Europe/Berlin", shifts=shifts),
        start=date(2027, 10, 31), end=date(2027, 11, 1),
    )  # fmt: skip
    assert len(table.start) == 1
    assert table.total_min == 360


def test_an_exception_replaces_its_day():
    calendar = Calendar(
        id="c", zone="UTC", shifts=(Shift(weekday=0, start_min=480, end_min=960),),
        exceptions=(
            DayException(day=date(2027, 1, 4)),
            DayException(
                day=date(2027, 1, 9), shifts=(Shift(weekday=5, start_min=0, end_min=60),)
            ),
        ),
    )  # fmt: skip
    table = working_time(calendar, start=date(2027, 1, 4), end=date(2027, 1, 18))
    assert table.start.tolist() == [minute("2027-01-09T00:00"), minute("2027-01-11T08:00")]


def test_work_is_counted_and_added_over_breaks_and_nights():
    table = working_time(
        Calendar(id="c", zone="UTC", shifts=WEEK), start=date(2027, 1, 4), end=date(2027, 1, 11)
    )
    start = minute("2027-01-04T08:50")
    assert table.after(start, 20) == minute("2027-01-04T09:40")
    assert table.after(start, 10) == minute("2027-01-04T09:00")
    assert table.after(minute("2027-01-04T22:00"), 1) == minute("2027-01-05T06:01")
    for at in range(int(table.start[0]), int(table.start[0]) + 3000, 7):
        for work in (1, 60, 777):
            end = table.after(at, work)
            assert table.between(at, end) == work
            assert table.between(at, end - 1) == work - 1
    with pytest.raises(InvalidRequestError, match="longer horizon"):
        table.after(start, 5000)


def test_closures_are_what_is_left():
    table = working_time(
        Calendar(id="c", zone="UTC", shifts=WEEK), start=date(2027, 1, 4), end=date(2027, 1, 11)
    )
    begin, end = minute("2027-01-04T07:00"), minute("2027-01-08T23:00")
    closed = sum(to - at for at, to in table.closures(begin, end))
    assert closed + table.between(begin, end) == end - begin
    assert table.closures(begin, begin + 200)[0] == (begin + 120, begin + 150)


def test_what_is_wrong_is_named():
    with pytest.raises(InvalidRequestError, match="IANA"):
        zone("Berlin")
    bad = Shift(weekday=0, start_min=0, end_min=60, breaks=((50, 70),))
    with pytest.raises(InvalidRequestError, match="00:50-01:10 is not inside"):
        working_time(
            Calendar(id="c", zone="UTC", shifts=(bad,)),
            start=date(2027, 1, 4), end=date(2027, 1, 5),
        )  # fmt: skip
