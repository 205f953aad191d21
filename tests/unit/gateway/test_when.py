"""Times typed on the command line."""

from __future__ import annotations

from datetime import datetime

import pytest

from gateway.commands.when import parse_when
from gateway.errors import InvalidRequestError

NOW_NS = 1_767_225_600_000_000_000


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("now", NOW_NS),
        ("-90s", NOW_NS - 90_000_000_000),
        ("-2h", NOW_NS - 7_200_000_000_000),
        ("-1.5d", NOW_NS - 129_600_000_000_000),
        ("2026-01-31T06:00:00+01:00", ns("2026-01-31T05:00:00+00:00")),
        ("2026-01-31T06:00", ns("2026-01-31T05:00:00+00:00")),
        ("2026-07-31T06:00", ns("2026-07-31T04:00:00+00:00")),
        ("2026-01-31T00:00:00.000123Z", ns("2026-01-31T00:00:00+00:00") + 123_000),
    ],
)
def test_a_time_is_read_in_the_plants_zone(text: str, wanted: int) -> None:
    assert parse_when(text, zone="Europe/Berlin", now_ns=NOW_NS) == wanted


@pytest.mark.parametrize("text", ["yesterday", "-2 hours", "31.01.2026", ""])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="want now, -2h"):
        parse_when(text, zone="UTC", now_ns=NOW_NS)


def test_an_hour_that_clocks_skip_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="does not exist in Europe/Berlin"):
        parse_when("2026-03-29T02:30", zone="Europe/Berlin", now_ns=NOW_NS)
