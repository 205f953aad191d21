"""Commands to machines: select, operate once, read back; approvals, lock-outs and the kill switch."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.clock import NS_PER_MS
from gateway.command import OperationState
from web.api.access import Limit, Limits, Prefix, Use
from web.api.control_models import (
    COMMAND,
    OPERATION,
    Asked,
    ControlDocument,
    LockDocument,
    Operated,
    OperationDetail,
    OperationDocument,
    OperationPage,
    Selected,
    SelectionDocument,
    Why,
)
from web.api.docs import answers
from web.api.resource import Resource
from web.api.text import clean
from web.auth import Me, needs
from web.jsontext import JsonResponse, document
from web.services import Services

router = Resource(prefix="/control", tags=["control"], dependencies=[needs(Right.SETPOINT_READ)])

_LOCK = {
    "machine": "plant/bottling/line1/filler",
    "by": "marta",
    "why": "Changing nozzle 3.",
    "since_ms": 1767247200000.0,
}
_STEP = {
    "n": 1,
    "state": "selected",
    "time_ms": 1767247200000.0,
    "by": "anna",
    "explanation": "",
}
CommandName = Annotated[str, Path(max_length=64, examples=["filler-speed"])]
OperationId = Annotated[str, Path(alias="id", max_length=32, examples=["9f2c41aa07d3e815"])]
Machine = Annotated[
    str,
    Query(
        max_length=255,
        description="Path site/area/line/machine; empty is the whole plant.",
        examples=["plant/bottling/line1/filler"],
    ),
]


async def command_zone(request: Request) -> str:
    """Return the machine of the command in the path; raises `NotFoundError`."""
    services: Services = request.app.state.services
    return services.control.machine_of(str(request.path_params.get("command", "")))


async def operation_zone(request: Request) -> str:
    """Return the machine of the operation in the path; raises `NotFoundError`."""
    services: Services = request.app.state.services
    return (await services.control.operation(str(request.path_params.get("id", ""))[:32])).machine


async def lock_zone(request: Request) -> str:
    """Return the machine that a lock is asked for."""
    return request.query_params.get("machine", "")


@router.get(
    "",
    response_model=ControlDocument,
    responses=answers({"off": "", "trouble": "", "locks": [_LOCK], "items": [COMMAND]}, 401, 403),
)
async def list_commands(services: Use, me: Me, machine: Prefix = "") -> Response:
    """List what may be asked of machines, with present values and what speaks against each now."""
    state = services.control.state()
    found = await services.control.commands(me, machine=machine)
    return JsonResponse(
        {
            "off": state.off,
            "trouble": state.trouble,
            "locks": document(state.locks),
            "items": document(found),
        }
    )


@router.get(
    "/operations",
    response_model=OperationPage,
    responses=answers({"items": [OPERATION], "next_before_ms": None}, 401, 403),
)
async def list_operations(
    *,
    services: Use,
    options: Limits,
    machine: Prefix = "",
    state: Annotated[
        list[OperationState],
        Query(max_length=10, description="Keeps these states; all unless given."),
    ] = [],  # noqa: B006 - FastAPI copies the default
    before_ms: Annotated[
        float | None, Query(ge=0, le=2**53, description="Keeps older ones: the next page.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """List attempts at commands, newest first."""
    most = min(limit, options.max_page_rows)
    before_ns = None if before_ms is None else round(before_ms * NS_PER_MS)
    found = await services.control.operations(
        machine=machine, states=state, before_ns=before_ns, limit=most + 1
    )
    page = found[:most]
    more = page[-1].created_ns / NS_PER_MS if len(found) > most else None
    return JsonResponse({"items": document(page), "next_before_ms": more})


@router.get(
    "/operations/{id}",
    response_model=OperationDetail,
    responses=answers({"operation": OPERATION, "history": [_STEP]}, 401, 403, 404),
)
async def get_operation(services: Use, operation_id: OperationId) -> Response:
    """Describe one attempt with its history."""
    found = await services.control.operation(operation_id)
    steps = await services.control.history(operation_id)
    return JsonResponse({"operation": document(found), "history": document(steps)})


@router.post(
    "/commands/{command}/select",
    response_model=SelectionDocument,
    responses=answers({"operation": OPERATION, "nonce": "q3Jk…"}, 401, 403, 404, 409),
    dependencies=[needs(Right.SETPOINT_PROPOSE, command_zone)],
)
async def select_command(services: Use, me: Me, command: CommandName, body: Selected) -> Response:
    """Freeze values for one operate by this session within seconds."""
    made = await services.control.select(
        command, body.values, by=me, reason=clean(body.reason), proposal=body.proposal
    )
    return JsonResponse({"operation": document(made.operation), "nonce": made.nonce})


@router.post(
    "/commands/{command}/propose",
    status_code=201,
    response_model=OperationDocument,
    responses=answers(OPERATION | {"state": "proposed"}, 401, 403, 404, 409, status=201),
    dependencies=[needs(Right.SETPOINT_PROPOSE, command_zone)],
)
async def propose_command(services: Use, me: Me, command: CommandName, body: Asked) -> Response:
    """Ask another person to approve these values; nothing is sent."""
    made = await services.control.propose(command, body.values, by=me, reason=clean(body.reason))
    return JsonResponse(document(made), status_code=201)


@router.post(
    "/operations/{id}/operate",
    response_model=OperationDocument,
    responses=answers(OPERATION, 401, 403, 404, 409),
    dependencies=[needs(Right.SETPOINT_PROPOSE, operation_zone)],
)
async def operate(services: Use, me: Me, operation_id: OperationId, body: Operated) -> Response:
    """Carry out what this session selected, once; the answer comes with the outcome."""
    done = await services.control.operate(
        operation_id, nonce=body.nonce, expected=body.expected, by=me
    )
    return JsonResponse(document(done))


@router.post(
    "/operations/{id}/cancel",
    response_model=OperationDocument,
    responses=answers(OPERATION | {"state": "cancelled"}, 401, 403, 404, 409),
    dependencies=[needs(Right.SETPOINT_PROPOSE, operation_zone)],
)
async def cancel_operation(services: Use, me: Me, operation_id: OperationId) -> Response:
    """Take back what is not sent yet."""
    return JsonResponse(document(await services.control.cancel(operation_id, by=me)))


@router.post(
    "/operations/{id}/approve",
    response_model=OperationDocument,
    responses=answers(OPERATION | {"state": "approved"}, 401, 403, 404, 409),
    dependencies=[needs(Right.SETPOINT_APPROVE, operation_zone)],
)
async def approve_operation(services: Use, me: Me, operation_id: OperationId) -> Response:
    """Approve what another person proposed."""
    return JsonResponse(document(await services.control.approve(operation_id, by=me)))


@router.post(
    "/operations/{id}/decline",
    response_model=OperationDocument,
    responses=answers(OPERATION | {"state": "declined"}, 401, 403, 404, 409),
    dependencies=[needs(Right.SETPOINT_APPROVE, operation_zone)],
)
async def decline_operation(
    services: Use, me: Me, operation_id: OperationId, body: Why
) -> Response:
    """Refuse a proposal."""
    done = await services.control.decline(operation_id, by=me, reason=clean(body.why))
    return JsonResponse(document(done))


@router.post(
    "/lock",
    status_code=201,
    response_model=LockDocument,
    responses=answers(_LOCK, 401, 403, 409, status=201),
    dependencies=[needs(Right.LOCKOUT, lock_zone)],
)
async def lock_machine(services: Use, me: Me, body: Why, machine: Machine = "") -> Response:
    """Keep a machine from being operated while somebody works on it; without one, all of them."""
    made = await services.control.lock(machine, by=me, why=clean(body.why))
    return JsonResponse(document(made), status_code=201)


@router.post(
    "/release",
    status_code=204,
    responses=answers(None, 401, 403, 404),
    dependencies=[needs(Right.LOCKOUT, lock_zone)],
)
async def release_machine(services: Use, me: Me, body: Why, machine: Machine = "") -> Response:
    """End one's own lock; an administrator ends another's with a reason."""
    await services.control.release(machine, by=me, why=clean(body.why))
    return Response(status_code=204)
