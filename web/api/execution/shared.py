"""What the routes of execution share: the desk, names in paths and their zones, examples of what they answer."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.errors import NotFoundError
from gateway.production.execution.port import (
    Act,
    Aspect,
    Call,
    CallKind,
    Check,
    Execution,
    Hold,
    JobRun,
    JobStep,
    Station,
    StationJob,
    Stop,
    Way,
)
from gateway.production.lifecycle import JobState
from gateway.production.model import Crew, Operation
from web.api.access import Use
from web.api.planning.shared import JOB
from web.jsontext import document
from web.services import Services


def _execution(services: Use) -> Execution:
    return services.execution


Desk = Annotated[Execution, Depends(_execution)]
Machine = Annotated[
    str, Path(max_length=200, description="A machine of the master data.", examples=["M1"])
]
Order = Annotated[str, Path(max_length=200, description="A work order.", examples=["W-A-1001"])]
Op = Annotated[str, Path(max_length=200, description="A step of its routing.", examples=["10"])]


async def machine_zone(request: Request) -> str:
    """Return where the machine in the path is on the floor; one that nothing reads is in no zone."""
    services: Services = request.app.state.services
    name = str(request.path_params.get("machine", ""))[:200]
    return services.execution.machine_path(name)


async def job_zone(request: Request) -> str:
    """Return where the job in the path is made; raises `NotFoundError`."""
    services: Services = request.app.state.services
    order, op = (str(request.path_params.get(each, ""))[:200] for each in ("order", "op"))
    detail = await services.execution.detail(f"{order}/{op}")
    return services.execution.machine_path(detail.job.run.machine)


async def known_machine(desk: Desk, machine: Machine) -> str:
    """Return a machine's name; raises `NotFoundError`."""
    if not any(each.machine == machine for each in await desk.stations()):
        raise NotFoundError(f"there is no machine {machine[:60]!r}")
    return machine


class Why(BaseModel):
    """A reason."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"why": "Gauge 4 is out for calibration."}}
    )
    why: str = Field(min_length=1, max_length=500)


_START_NS: Final = 1_799_647_200_000_000_000
RUN: Final = JobRun(
    job=JOB.id, order=JOB.order, op=JOB.op, product="P1", machine="M1", qty=500,
    state=JobState.RUNNING, way=Way.JOB_CONTROL, good=120.0, reject=3.0, sent_ns=_START_NS,
    started_ns=_START_NS, tool="T-11", people=("201",), lots=("L-3001",), by="anna",
    changed_ns=_START_NS, version=3,
)  # fmt: skip
STATION_JOB: Final = StationJob(
    planned=JOB,
    run=RUN,
    due_at_min=29995200,
    checks=(Check(aspect=Aspect.TOOL, problem=""),),
    operation=Operation(op="10", work_centre="mill", crew=Crew(skill="machining")),
    expected=131.0,
    left_s=5400.0,
    counted=True,
    commands=(Act.PAUSE, Act.FINISH, Act.ABORT),
)
STOP: Final = Stop(
    id="3f1c2a9e0b7d6c35", machine="M1", start_ns=_START_NS, end_ns=_START_NS + 300_000_000_000,
    state="Held", code="jam", note="Chip conveyor.", job=JOB.id, by="anna", standing="entered",
)  # fmt: skip
CALL: Final = Call(
    kind=CallKind.MATERIAL, machine="M1", issue=17, note="anna: steel bars", raised_ns=_START_NS,
    taken=False,
)  # fmt: skip
HOLD: Final = Hold(machine="M1", why="First piece failed.", by="quinn", since_ns=_START_NS)
STEP: Final = JobStep(
    n=1, time_ns=_START_NS, action="dispatch", state=JobState.SENT, by="anna", said=""
)
STATION: Final[dict[str, Any]] = document(
    Station(
        machine="M1", work_centre="mill", path="plant/cell/line1/m1", current=None, next=(STATION_JOB,),
        stop=None, stops=(STOP,), calls=(CALL,), hold=None, unbooked=0.0,
    )
)  # fmt: skip
