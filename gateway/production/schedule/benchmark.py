"""Job-shop instances of the literature as problems: texts of machine and duration pairs."""

from __future__ import annotations

from enum import StrEnum

from gateway.errors import InvalidRequestError
from gateway.production.schedule.problem import Choice, Machine, Order, Problem, Task


class InstanceKind(StrEnum):
    """How a line reads: one machine a step, or for each step a count of alternatives and their pairs."""

    JOB_SHOP = "job shop"
    FLEXIBLE = "flexible"


def parse_instance(text: str, *, kind: InstanceKind) -> Problem:
    """Return the problem of an instance text; raises `InvalidRequestError` naming the line.

    First line: jobs, machines and anything; machines count from 0; lines that start with # are skipped.
    """
    rows = [
        (number, line.split())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    jobs, machines = (int(each) for each in rows[0][1][:2])
    tasks: list[Task] = []
    for job, (number, words) in enumerate(rows[1 : jobs + 1]):
        try:
            steps = _steps([int(each) for each in words], kind)
        except (ValueError, IndexError) as error:
            raise InvalidRequestError(
                f"line {number} is not a line of a {kind} instance"
            ) from error
        for step, choices in enumerate(steps):
            if any(not 0 <= each.machine < machines for each in choices):
                raise InvalidRequestError(f"line {number} names a machine past {machines - 1}")
            before = (len(tasks) - 1,) if step else ()
            tasks.append(Task(id=f"J{job}.{step}", order=job, choices=choices, before=before))
    if len(rows) - 1 < jobs:
        raise InvalidRequestError(f"{jobs} jobs are announced, {len(rows) - 1} are there")
    return Problem(
        tasks=tuple(tasks),
        orders=tuple(Order(id=f"J{job}") for job in range(jobs)),
        machines=tuple(Machine(id=f"M{each}") for each in range(machines)),
    )


def _steps(words: list[int], kind: InstanceKind) -> list[tuple[Choice, ...]]:
    if kind is InstanceKind.JOB_SHOP:
        if len(words) % 2:
            raise ValueError
        return [
            (Choice(machine=words[at], run_min=words[at + 1]),) for at in range(0, len(words), 2)
        ]
    found, at = [], 1
    for _ in range(words[0]):
        count = words[at]
        pairs = words[at + 1 : at + 1 + 2 * count]
        found.append(
            tuple(
                Choice(machine=pairs[each], run_min=pairs[each + 1])
                for each in range(0, 2 * count, 2)
            )
        )
        at += 1 + 2 * count
    return found
