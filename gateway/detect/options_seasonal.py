"""Rules against the same hour of earlier weeks, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from gateway.clock import NS_PER_S
from gateway.detect.options_base import RuleOptions
from gateway.deviation import IssueType
from rules.families.seasonal_spec import SeasonalSpec

FIRST_YEAR: Final = 2024
LAST_YEAR: Final = 2050


class SeasonalRule(RuleOptions):
    """An hour whose mean is far from the same hour of the week in earlier weeks."""

    type: Literal["seasonal"] = Field(description="Kind of rule.")
    issue_type: IssueType = Field(
        IssueType.MAINTENANCE, description="What kind of deviation its issues are."
    )
    threshold: float = Field(
        5.0, description="Robust standard deviations from the median beyond which an hour is far."
    )
    min_scale: float = Field(
        0.0, description="Least standard deviation taken, in the signal's unit."
    )
    weeks: int = Field(8, description="Earlier weeks that are kept, 3 to 12.")
    least_weeks: int = Field(4, description="Weeks that must be known before an hour is judged.")
    time_zone: str = Field(
        "UTC",
        description="IANA time zone by whose clock an hour is the same hour, over summer time.",
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in available_timezones():
            msg = f"{zone!r} is no IANA time zone, want one such as Europe/Paris"
            raise ValueError(msg)
        return zone

    def to_spec(self, rule: str) -> SeasonalSpec:
        """Return what the engine runs."""
        return SeasonalSpec(
            **self.named(rule),
            threshold=self.threshold,
            min_scale=self.min_scale,
            weeks=self.weeks,
            least_weeks=self.least_weeks,
            offsets=offsets(self.time_zone),
        )


@lru_cache(maxsize=64)
def offsets(zone: str) -> tuple[tuple[int, int], ...]:
    """Return (since UTC ns, seconds ahead of UTC) of a zone from 2024 to 2050, to the hour."""
    clock = ZoneInfo(zone)
    found: list[tuple[int, int]] = []
    at, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
    found.append((0, _ahead(at, clock)))
    while at < end:
        after = at + timedelta(days=1)
        if _ahead(after, clock) != found[-1][1]:
            while _ahead(at, clock) == found[-1][1]:
                at += timedelta(minutes=30)
            found.append((round(at.timestamp()) * NS_PER_S, _ahead(at, clock)))
        at = after
    return tuple(found)


def _ahead(at: datetime, clock: ZoneInfo) -> int:
    ahead = at.astimezone(clock).utcoffset()
    return 0 if ahead is None else round(ahead.total_seconds())
