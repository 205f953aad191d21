"""Problems and plans as JSON, on their way to the child process and back."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter

from gateway.production.schedule.problem import (
    Machine,
    Order,
    Placed,
    Plan,
    Pool,
    Problem,
    Task,
)

_TASKS = TypeAdapter(tuple[Task, ...])
_ORDERS = TypeAdapter(tuple[Order, ...])
_POOLS = TypeAdapter(tuple[Pool, ...])
_PLACED = TypeAdapter(tuple[Placed, ...])


def dump_plan(plan: Plan) -> list[list[int]]:
    """Return a plan as rows of task, machine, start and end."""
    return [[each.task, each.machine, each.start_min, each.end_min] for each in plan]


def load_plan(rows: list[list[int]]) -> Plan:
    """Return the plan of such rows."""
    return tuple(
        Placed(task=task, machine=machine, start_min=start, end_min=end)
        for task, machine, start, end in rows
    )


def dump_problem(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    return {
        "tasks": _TASKS.dump_python(problem.tasks, mode="json"),
        "orders": _ORDERS.dump_python(problem.orders, mode="json"),
        "pools": _POOLS.dump_python(problem.pools, mode="json"),
        "machines": [
            {
                "id": each.id,
                "closures": each.closures,
                "family": each.family,
                "setups": [[a, b, minutes] for (a, b), minutes in each.setups.items()],
            }
            for each in problem.machines
        ],
        "fixed": dump_plan(tuple(problem.fixed.values())),
        "keep": dump_plan(tuple(problem.keep.values())),
        "horizon_min": problem.horizon_min,
    }


def load_problem(data: dict[str, Any]) -> Problem:
    """Return the problem of such data."""
    return Problem(
        tasks=_TASKS.validate_python(data["tasks"]),
        orders=_ORDERS.validate_python(data["orders"]),
        pools=_POOLS.validate_python(data["pools"]),
        machines=tuple(
            Machine(
                id=each["id"],
                closures=tuple((begins, ends) for begins, ends in each["closures"]),
                family=each["family"],
                setups={(a, b): minutes for a, b, minutes in each["setups"]},
            )
            for each in data["machines"]
        ),
        fixed={each.task: each for each in load_plan(data["fixed"])},
        keep={each.task: each for each in load_plan(data["keep"])},
        horizon_min=data["horizon_min"],
    )


def to_line(data: dict[str, Any]) -> bytes:
    """Return data as one line."""
    return orjson.dumps(data) + b"\n"


def from_line(line: bytes) -> Any:
    """Return the data of one line."""
    return orjson.loads(line)
