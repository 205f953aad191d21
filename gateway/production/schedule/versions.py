"""Versions of the schedule: what differs, what may be published without asking, and who approves the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.errors import ConflictError
from gateway.production.lifecycle import SCHEDULE, ScheduleState, moved
from gateway.production.model import JobOrder, Schedule, WorkOrder
from gateway.production.schedule.check import faults
from gateway.production.schedule.problem import Plan, Problem

MOST_MACHINE_CHANGES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One job before and after; None where it was or is not planned."""

    job: str
    before: JobOrder | None
    after: JobOrder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDiff:
    """What one version changes of another.

    `moves` by job, `machine_changes` the jobs on another machine, `newly_late` and `newly_on_time` the orders, and
    `in_frozen_zone` the jobs that were to start before the zone ends and move.
    """

    moves: tuple[Move, ...]
    machine_changes: tuple[str, ...]
    newly_late: tuple[str, ...]
    newly_on_time: tuple[str, ...]
    in_frozen_zone: tuple[str, ...]

    @property
    def may_publish_alone(self) -> bool:
        """Nothing frozen moves, no order becomes late and at most five jobs change machine."""
        calm = not self.in_frozen_zone and not self.newly_late
        return calm and len(self.machine_changes) <= MOST_MACHINE_CHANGES


def difference(
    old: Sequence[JobOrder], new: Sequence[JobOrder], orders: Sequence[WorkOrder], *, frozen_until_min: int
) -> ScheduleDiff:  # fmt: skip
    """Return what the new jobs change; times in UTC minutes."""
    before = {each.id: each for each in old}
    after = {each.id: each for each in new}
    moves = tuple(
        Move(job=job, before=before.get(job), after=after.get(job))
        for job in dict.fromkeys((*before, *after))
        if _place(before.get(job)) != _place(after.get(job))
    )
    late_before, late_after = _late(old, orders), _late(new, orders)
    return ScheduleDiff(
        moves=moves,
        machine_changes=tuple(
            each.job
            for each in moves
            if each.before and each.after and each.before.machine != each.after.machine
        ),
        newly_late=tuple(each for each in late_after if each not in late_before),
        newly_on_time=tuple(each for each in late_before if each not in late_after),
        in_frozen_zone=tuple(
            each.job
            for each in moves
            if any(
                place is not None and place.start_at_min < frozen_until_min
                for place in (each.before, each.after)
            )
        ),
    )


def _place(job: JobOrder | None) -> tuple[str, int, int] | None:
    return None if job is None else (job.machine, job.start_at_min, job.end_at_min)


def _late(jobs: Sequence[JobOrder], orders: Sequence[WorkOrder]) -> dict[str, int]:
    """Return how many minutes each late order is late."""
    ends: dict[str, int] = {}
    for each in jobs:
        ends[each.order] = max(ends.get(each.order, each.end_at_min), each.end_at_min)
    due: Mapping[str, int] = {each.id: each.due_at_min for each in orders}
    return {
        order: end - due[order] for order, end in ends.items() if order in due and end > due[order]
    }


def approved(schedule: Schedule, *, by: str) -> Schedule:
    """Return a proposed schedule as approved; raises `ConflictError`, also for the person who proposed it."""
    state = moved(SCHEDULE, what=_name(schedule), now=schedule.state, to=ScheduleState.APPROVED)
    if by == schedule.proposer:
        raise ConflictError(
            f"{_name(schedule)} was proposed by {by}: somebody else must approve it"
        )
    return replace(schedule, state=state, approver=by)


def published(
    schedule: Schedule, current: Schedule | None, *, problem: Problem, plan: Plan
) -> tuple[Schedule, Schedule | None]:
    """Return the schedule as published and the one it replaces as superseded.

    Raises `ConflictError` where the checker finds a fault, or another version was published since this one was made.
    """
    state = moved(SCHEDULE, what=_name(schedule), now=schedule.state, to=ScheduleState.PUBLISHED)
    wrong = faults(problem, plan)
    if wrong:
        raise ConflictError(
            f"{_name(schedule)} breaks {len(wrong)} rules and cannot be published: {wrong[0]}"
        )
    if current is not None and schedule.parent != current.version:
        raise ConflictError(
            f"{_name(schedule)} was made from version {schedule.parent}, but version"
            f" {current.version} was published since: plan again"
        )
    if current is None:
        return replace(schedule, state=state), None
    ended = moved(SCHEDULE, what=_name(current), now=current.state, to=ScheduleState.SUPERSEDED)
    return replace(schedule, state=state), replace(current, state=ended)


def _name(schedule: Schedule) -> str:
    return f"schedule version {schedule.version}"
