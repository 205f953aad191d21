"""What the planning routes share: the office, names in paths, and examples of what they answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query

from gateway.production.model import DemandLine, ForecastRun, JobOrder, Schedule, ScheduleCause
from gateway.production.office.port import Planning
from web.api.access import Use
from web.jsontext import document


def _planning(services: Use) -> Planning:
    return services.planning


Office = Annotated[Planning, Depends(_planning)]
Product = Annotated[str, Path(max_length=200, description="A product.", examples=["P1"])]
Version = Annotated[int, Path(ge=1, le=10**6, description="Number of a version.", examples=[3])]
MaybeVersion = Annotated[
    int | None, Query(ge=1, le=10**6, description="Number of a version; the one in force without.")
]
Key = Annotated[
    str, Path(max_length=40, description="Id of the job.", examples=["4f1c2a9e0b7d6c35"])
]

_DAY: Final = date(2027, 1, 15)
_MONDAY: Final = date(2027, 1, 11)
LINE: Final[dict[str, Any]] = document(
    DemandLine(id="A-1001", product="P1", qty=500, due=_DAY, customer="ACME")
)
FORECAST: Final[dict[str, Any]] = document(
    ForecastRun(
        product="P1",
        weeks=(_MONDAY,),
        method="damped Holt-Winters",
        point=(480.0,),
        p50=(478.0,),
        p80=(531.0,),
        mase=0.82,
        bias=3.1,
        weak=False,
    )
)
JOB: Final = JobOrder(
    id="W-A-1001/10",
    order="W-A-1001",
    op="10",
    machine="M1",
    start_at_min=29994120,
    end_at_min=29994420,
)
SCHEDULE: Final = Schedule(
    jobs=(),
    cause=ScheduleCause.NEW_ORDER,
    frozen_until_min=29994180,
    cost=1186.0,
    p_on_time={"W-A-1001": 0.93},
    proposer="anna",
)
