"""How production is planned and measured, as people write it under `production`."""

from __future__ import annotations

import difflib
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from gateway.options import Options
from rules.throughput.classes import TimeClass, ZeroSpeed
from rules.throughput.ratios import KPI_NAMES, MinorStops


class Weekday(StrEnum):
    """Days of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Booking(StrEnum):
    """Time classes as configuration names them."""

    APT = "apt"
    ASUT = "asut"
    ADET_INTERNAL = "adet_internal"
    ADET_EXTERNAL = "adet_external"
    ADOT = "adot"
    UNKNOWN = "unknown"

    @property
    def time_class(self) -> TimeClass:
        """The class as the rules know it."""
        return TimeClass[self.name]


class StateModel(StrEnum):
    """What the numbers of a machine's states mean."""

    PACKML = "packml"
    MACHINERY = "machinery"


def _wall(value: object) -> object:
    """Return a wall time as text; YAML reads an unquoted 14:00 as its minutes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value // 60:02}:{value % 60:02}"
    return value


WallTime = Annotated[
    str, BeforeValidator(_wall), StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][\w.-]*$")
]
UnitPath = Annotated[str, StringConstraints(max_length=255, pattern=r"^[\w\-.]+(/[\w\-.]+){0,3}$")]
MINUTES_A_DAY: Final = 1440


def minutes(wall: str) -> int:
    """Return the minutes since midnight of a wall time."""
    hours, _, rest = wall.partition(":")
    return 60 * int(hours) + int(rest)


class BreakOptions(Options):
    """A break in a shift: planned down time."""

    start: WallTime = Field(description="Local time, such as 10:00.")
    end: WallTime = Field(description="Local time.")


class ShiftOptions(Options):
    """A shift of the week; one that ends at or before its start ends on the next day."""

    days: list[Weekday] = Field(
        default_factory=lambda: list(Weekday),
        min_length=1,
        description="On which days it begins; every day unless given.",
    )
    start: WallTime = Field(description="Local time, such as 06:00.")
    end: WallTime = Field(description="Local time, such as 14:00.")
    breaks: list[BreakOptions] = Field(
        default_factory=list, max_length=20, description="Planned down time within it."
    )

    def span_min(self) -> tuple[int, int]:
        """Return start and end in minutes after the midnight it begins on."""
        begins, ends = minutes(self.start), minutes(self.end)
        return begins, ends if ends > begins else ends + MINUTES_A_DAY

    def breaks_min(self) -> list[tuple[int, int]]:
        """Return the breaks in minutes after the midnight the shift begins on."""
        begins, _ = self.span_min()
        found = []
        for each in self.breaks:
            opens, closes = minutes(each.start), minutes(each.end)
            opens += MINUTES_A_DAY if opens < begins else 0
            closes += MINUTES_A_DAY if closes <= opens else 0
            found.append((opens, closes))
        return sorted(found)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        at, ends = self.span_min()
        for opens, closes in self.breaks_min():
            if not at <= opens < closes <= ends:
                msg = "breaks must lie within the shift and not overlap"
                raise ValueError(msg)
            at = closes
        return self


class ExceptionOptions(Options):
    """A date on which other shifts work than the week says."""

    day: date = Field(description="Local date, such as 2026-12-25.")
    shifts: list[Name] = Field(
        default_factory=list, description="Names of the shifts that begin on it; empty: closed."
    )


class CalendarOptions(Options):
    """Planned time: shifts of the week, and dates that differ."""

    time_zone: str = Field("", description="IANA time zone; empty: the plant's.")
    shifts: dict[Name, ShiftOptions] = Field(min_length=1, description="Shifts by name.")
    exceptions: list[ExceptionOptions] = Field(
        default_factory=list, description="Dates that differ from the week."
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            msg = f"{zone!r} is no IANA time zone, want one such as Europe/Paris"
            raise ValueError(msg)
        return zone

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for each in self.exceptions:
            for name in each.shifts:
                if name not in self.shifts:
                    msg = f"exception {each.day}: no shift {name!r}; there are: {', '.join(self.shifts)}"
                    raise ValueError(msg)
        self._refuse_overlap()
        return self

    def _refuse_overlap(self) -> None:
        week = sorted(
            (
                day * MINUTES_A_DAY + shift.span_min()[0],
                day * MINUTES_A_DAY + shift.span_min()[1],
                name,
            )
            for name, shift in self.shifts.items()
            for day, weekday in enumerate(Weekday)
            if weekday in shift.days
        )
        again = (week[0][0] + 7 * MINUTES_A_DAY, 0, week[0][2])
        for (_, ends, one), (begins, _, two) in zip(week, [*week[1:], again], strict=True):
            if begins < ends:
                msg = f"shifts {one!r} and {two!r} overlap"
                raise ValueError(msg)


class UnitOptions(Options):
    """What holds for a machine, or for everything below a path unless a deeper one says otherwise."""

    calendar: Name | None = Field(
        None, description="Name of its calendar; without one all time is planned."
    )
    run_time_s: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Planned run time of a piece; without it the machine's target speed (pieces/min) says it.",
    )
    target_per_min: float | None = Field(
        None, gt=0, le=1e6, description="Pieces a minute of planned time that are wanted."
    )
    max_per_min: float | None = Field(
        None,
        gt=0,
        le=1e7,
        description="More than the counters can count; tells rollover from reset.",
    )
    minor_stop_s: float | None = Field(
        None,
        ge=0,
        le=86_400,
        description="Stops shorter than this are minor; unless given, the plant's.",
    )
    unknown_after_s: float | None = Field(
        None, gt=0, le=86_400, description="Silence of the whole machine that makes time unknown."
    )
    state_model: StateModel | None = Field(
        None, description="`packml` (ISA-TR88) or `machinery` (OPC 40001-1)."
    )
    states: dict[int, Booking] = Field(
        default_factory=dict,
        description="Time class of a state by its number, in place of the model's.",
    )
    idle_states: dict[int, Booking] = Field(
        default_factory=dict,
        description="Time class of a state while it is known that there is no order.",
    )
    modes: dict[int, Booking] = Field(
        default_factory=dict,
        description="Time class that a mode gives to all its time, by its number.",
    )
    failure_states: list[int] | None = Field(
        None, description="States that make a stop a failure; unless given, the model's."
    )
    zero_speed: ZeroSpeed | None = Field(
        None, description="Whether speed 0 while producing is a `delay`, or nothing to `ignore`."
    )


class Better(StrEnum):
    """Which way a KPI is better."""

    HIGHER = "higher"
    LOWER = "lower"


_LESS_IS_BETTER: Final = frozenset({"setup_rate", "scrap_ratio", "rework_ratio", "mttr_s"})
_KPIS: Final = frozenset(KPI_NAMES)
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=300)]


class KpiTargetOptions(Options):
    """What a KPI should be, who answers for it, and what he does when it is not; none of these may be missing."""

    kpi: str = Field(description="Name of the KPI, such as `oee`, `scrap_ratio` or `mtbf_s`.")
    unit: str = Field(
        "",
        max_length=255,
        pattern=r"^([\w\-.]+(/[\w\-.]+){0,3})?$",
        description="Path of a machine or of what it is gathered over; empty: the whole plant.",
    )
    target: float = Field(allow_inf_nan=False, description="Shares as 0.75, times in seconds.")
    better: Better | None = Field(
        None, description="`higher` or `lower`; unless given, as the KPI itself says."
    )
    owner: Sentence = Field(description="Who answers for it: a role or a name.")
    action: Sentence = Field(description="What is done when it is off target.")
    days: int = Field(1, ge=1, le=92, description="Local days it is gathered over, today included.")

    @field_validator("kpi")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in _KPIS:
            near = difflib.get_close_matches(name, _KPIS, n=1)
            msg = f"{name!r} is no KPI, want {near[0] if near else ', '.join(sorted(_KPIS))}"
            raise ValueError(msg)
        return name

    @field_validator("target")
    @classmethod
    def _some(cls, target: float) -> float:
        if target == 0:
            msg = "a target of 0 says nothing of how far it is missed, want a small number"
            raise ValueError(msg)
        return target

    @property
    def direction(self) -> Better:
        """Which way is better."""
        if self.better is not None:
            return self.better
        return Better.LOWER if self.kpi in _LESS_IS_BETTER else Better.HIGHER


class ProductionOptions(Options):
    """Planned time, planned speed, and how losses are booked."""

    minor_stops: MinorStops = Field(
        MinorStops.ISO,
        description="`iso` books minor stops as delay (availability), `six_losses` as run time (performance).",
    )
    minor_stop_s: float = Field(
        120.0, ge=0, le=86_400, description="Stops shorter than this are minor stops."
    )
    unknown_after_s: float = Field(
        60.0, gt=0, le=86_400, description="Silence of a whole machine that makes its time unknown."
    )
    lateness_s: float = Field(
        600.0,
        ge=0,
        le=86_400,
        description="How late data may come and still change sums by itself.",
    )
    commit_every_s: float = Field(
        30.0,
        gt=0,
        le=300,
        description="How often sums go to the store; the journal holds what is between.",
    )
    kpis: dict[Name, KpiTargetOptions] = Field(
        default_factory=dict, description="Targets of KPIs by name, each with owner and action."
    )
    calendars: dict[Name, CalendarOptions] = Field(
        default_factory=dict, description="Planned time by name."
    )
    units: dict[UnitPath, UnitOptions] = Field(
        default_factory=dict, description="Settings by path: site, site/area, line or machine."
    )

    @model_validator(mode="after")
    def _named(self) -> Self:
        for path, unit in self.units.items():
            if unit.calendar is not None and unit.calendar not in self.calendars:
                known = ", ".join(self.calendars) or "none"
                msg = f"units: {path}: no calendar {unit.calendar!r}; there are: {known}"
                raise ValueError(msg)
        return self

    def unit(self, machine: str) -> UnitOptions:
        """Return what holds for a machine: the deepest path that says something about each setting wins."""
        levels = machine.split("/")
        held: dict[str, object] = {}
        for depth in range(1, len(levels) + 1):
            given = self.units.get("/".join(levels[:depth]))
            if given is not None:
                held |= {name: getattr(given, name) for name in given.model_fields_set}
        return UnitOptions.model_validate(held)
