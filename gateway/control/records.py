"""Operations and locks as rows; each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from gateway.command import CommandKind, Lock, Operation, OperationState, OperationStep
from gateway.control.lifecycle import AT_RESTART, OPEN, step
from gateway.errors import ConflictError, NotFoundError
from gateway.store.control_tables import lock, operation, operation_step


def add(connection: Connection, made: Operation) -> None:
    """Keep a new operation with its first step."""
    connection.execute(
        insert(operation),
        {**asdict(made), "values": dict(made.values), "present": dict(made.present)},
    )
    _note(
        connection, made.id, made.state, made.created_ns, by=made.by, explanation=made.explanation
    )


def move(
    connection: Connection,
    operation_id: str,
    new: OperationState,
    *,
    by: str,
    now_ns: int,
    explanation: str = "",
    **further: Any,
) -> Operation:
    """Move an operation on; raises `NotFoundError`, and `ConflictError` where that cannot follow its state."""
    held = get(connection, operation_id)
    step(operation_id, held.state, new)
    values = {"state": new.value, "changed_ns": now_ns, "explanation": explanation, **further}
    moved = connection.execute(
        update(operation)
        # The state stands in the condition as well: of two that come at once one finds no row.
        .where(operation.c.id == operation_id, operation.c.state == held.state.value)
        .values(values)
    )
    if not moved.rowcount:
        raise ConflictError(f"operation {operation_id} changed meanwhile")
    _note(connection, operation_id, new, now_ns, by=by, explanation=explanation)
    return get(connection, operation_id)


def _note(
    connection: Connection,
    operation_id: str,
    state: OperationState,
    now_ns: int,
    *,
    by: str,
    explanation: str,
) -> None:
    mine = operation_step.c.operation == operation_id
    held = connection.execute(select(func.max(operation_step.c.n)).where(mine)).scalar()
    row = {
        "operation": operation_id,
        "n": (held or 0) + 1,
        "state": state.value,
        "time_ns": now_ns,
        "by": by,
        "explanation": explanation,
    }
    connection.execute(insert(operation_step), row)


def get(connection: Connection, operation_id: str) -> Operation:
    """Return one; raises `NotFoundError`."""
    found = select(operation).where(operation.c.id == operation_id)
    row = connection.execute(found).mappings().first()
    if row is None:
        raise NotFoundError(f"no operation {operation_id[:32]!r}")
    return _operation(row)


def find(
    connection: Connection,
    *,
    machine: str,
    states: Sequence[OperationState],
    before_ns: int | None,
    limit: int,
) -> list[Operation]:
    """Return operations at or below a path, newest first."""
    query = select(operation)
    if machine:
        below = operation.c.machine.startswith(f"{machine}/", autoescape=True)
        query = query.where((operation.c.machine == machine) | below)
    if states:
        query = query.where(operation.c.state.in_([each.value for each in states]))
    if before_ns is not None:
        query = query.where(operation.c.created_ns < before_ns)
    query = query.order_by(operation.c.created_ns.desc(), operation.c.id).limit(limit)
    return [_operation(row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, machines: Sequence[str]) -> dict[str, Operation]:
    """Return the newest sent operation of each command of some machines."""
    last = (
        select(operation.c.command, func.max(operation.c.sent_ns).label("sent_ns"))
        .where(operation.c.machine.in_(machines), operation.c.sent_ns.is_not(None))
        .group_by(operation.c.command)
        .subquery()
    )
    same = (operation.c.command == last.c.command) & (operation.c.sent_ns == last.c.sent_ns)
    rows = connection.execute(select(operation).join(last, same)).mappings()
    return {row["command"]: _operation(row) for row in rows}


def history(connection: Connection, operation_id: str) -> list[OperationStep]:
    """Return the steps of one, oldest first; raises `NotFoundError`."""
    get(connection, operation_id)
    mine = select(operation_step).where(operation_step.c.operation == operation_id)
    return [
        OperationStep(
            n=row["n"],
            state=OperationState(row["state"]),
            time_ns=row["time_ns"],
            by=row["by"],
            explanation=row["explanation"],
        )
        for row in connection.execute(mine.order_by(operation_step.c.n)).mappings()
    ]


def sent_since(connection: Connection, since_ns: int) -> list[tuple[str, int]]:
    """Return command and time of what was sent, so that a restart forgets no rate."""
    query = select(operation.c.command, operation.c.sent_ns).where(operation.c.sent_ns > since_ns)
    return [(command, sent_ns) for command, sent_ns in connection.execute(query)]


def settle_after_restart(connection: Connection, *, now_ns: int) -> list[Operation]:
    """End what an earlier gateway left open, and return it: sent or not, nothing is sent again."""
    settled = []
    for before, after in AT_RESTART.items():
        query = select(operation.c.id).where(operation.c.state == before.value)
        for operation_id in connection.execute(query).scalars().all():
            why = (
                "the gateway ended after it may have been sent: look at the machine"
                if after is OperationState.UNKNOWN
                else "the gateway ended before it was sent"
            )
            settled.append(
                move(connection, operation_id, after, by="gateway", now_ns=now_ns, explanation=why)
            )
    return settled


def expired(connection: Connection, *, now_ns: int) -> list[Operation]:
    """End what has waited too long, and return it."""
    waiting = [each.value for each in OPEN if each is not OperationState.SENDING]
    query = select(operation.c.id).where(
        operation.c.state.in_(waiting), operation.c.expires_ns <= now_ns
    )
    return [
        move(
            connection,
            operation_id,
            OperationState.EXPIRED,
            by="gateway",
            now_ns=now_ns,
            explanation="nobody went on with it in time",
        )
        for operation_id in connection.execute(query).scalars().all()
    ]


def add_lock(connection: Connection, held: Lock) -> None:
    """Keep a lock; raises `ConflictError` where the machine is locked already."""
    query = select(lock.c.by).where(lock.c.machine == held.machine)
    before = connection.execute(query).scalar()
    if before is not None:
        raise ConflictError(f"{held.machine or 'the whole plant'} is locked already by {before}")
    connection.execute(insert(lock), asdict(held))


def drop_lock(connection: Connection, machine: str) -> None:
    """Forget a lock."""
    connection.execute(delete(lock).where(lock.c.machine == machine))


def locks(connection: Connection) -> list[Lock]:
    """Return all locks."""
    rows = connection.execute(select(lock).order_by(lock.c.machine)).mappings()
    return [Lock(**row) for row in rows]


def _operation(row: RowMapping) -> Operation:
    held: Mapping[str, Any] = dict(row)
    return Operation(
        **{
            **held,
            "kind": CommandKind(held["kind"]),
            "state": OperationState(held["state"]),
        }
    )
