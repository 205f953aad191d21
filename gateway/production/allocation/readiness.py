"""Whether a job may be dispatched: eight things that must hold, each with its own sentence where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.clock import NS_PER_S
from gateway.ports.gates import GateBlock
from gateway.production.calendar import zone
from gateway.production.lifecycle import (
    EquipmentState,
    JobState,
    LotState,
    PersonState,
    ToolState,
    WorkOrderState,
)
from gateway.production.model import (
    Crew,
    Equipment,
    Handover,
    MaterialLot,
    Operation,
    Person,
    Tool,
    WorkOrder,
)

_MIN_NS: Final = 60 * NS_PER_S


class Aspect(StrEnum):
    """What must hold before a job is dispatched."""

    ORDER = "order"
    PREDECESSOR = "predecessor"
    MATERIAL = "material"
    TOOL = "tool"
    SKILL = "skill"
    CHECKLIST = "checklist"
    MACHINE = "machine"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """A step before this one: where its job is, when it ended, and whether its hand-over was accepted.

    `wait_min` is wall time that must pass after it.
    """

    op: str
    state: JobState
    ended_ns: int | None = None
    handover: Handover | None = None
    accepted_by: str = ""
    wait_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A material the job takes: how much, and the lots it would take it from, in this order.

    `set_aside` is what other jobs may take of each lot before this one.
    """

    material: str
    qty: float
    lots: tuple[MaterialLot, ...]
    set_aside: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFacts:
    """The tool that was given to the job, None where none was; `counted` are cycles since its last entry."""

    tool: Tool | None
    counted: int = 0
    taken_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine as it is: `mode` as its signal says, `trouble` why it takes no job, "" where nothing is known against it."""

    equipment: Equipment | None
    mode: str = ""
    may_produce: bool = True
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingIssue:
    """An open issue that keeps its machine from being given work."""

    number: int
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """Everything that decides on one job at `now_ns`; `people` are those given to it, in the zones of their calendars.

    `others` are people of the right skill who are not given to a job at that time: they count where nobody is named.
    """

    job: str
    now_ns: int
    order: WorkOrder
    operation: Operation
    pieces: int
    machine: MachineFacts
    before: tuple[Predecessor, ...] = ()
    needs: tuple[Need, ...] = ()
    tool: ToolFacts | None = None
    people: tuple[Person, ...] = ()
    others: tuple[Person, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[GateBlock, ...] = ()
    issues: tuple[BlockingIssue, ...] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold; `problem` is "" where it does."""

    aspect: Aspect
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The readiness strip of a job: one check each, in the order of `Aspect`."""

    job: str
    checks: tuple[Check, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the job from being dispatched; empty means ready."""
        return tuple(each.problem for each in self.checks if each.problem)


def readiness(facts: JobFacts) -> Readiness:
    """Return every check of a job; several problems of one aspect stand in one sentence."""
    found = {
        Aspect.ORDER: _order(facts),
        Aspect.PREDECESSOR: [problem for each in facts.before for problem in _before(facts, each)],
        Aspect.MATERIAL: [problem for each in facts.needs for problem in _material(each)],
        Aspect.TOOL: _tool(facts),
        Aspect.SKILL: _skill(facts),
        Aspect.CHECKLIST: [each.why for each in facts.gates],
        Aspect.MACHINE: _machine(facts.machine),
        Aspect.ISSUE: [f"issue {e.number} ({e.severity}) is open: {e.title}" for e in facts.issues],
    }
    checks = tuple(Check(aspect=each, problem="; ".join(found[each])) for each in Aspect)
    return Readiness(job=facts.job, checks=checks)


def _order(facts: JobFacts) -> list[str]:
    order = facts.order
    if order.state in {WorkOrderState.RELEASED, WorkOrderState.IN_PROGRESS}:
        return []
    return [f"order {order.id} is {order.state}, not released"]


def _before(facts: JobFacts, step: Predecessor) -> list[str]:
    if step.state is not JobState.ENDED:
        return [f"step {step.op} before it is {step.state}"]
    if step.handover is not None and not step.accepted_by:
        return [
            f"step {step.op} is done, but {step.handover.accepted_by} has not accepted"
            f" {step.handover.what or 'its pieces'}"
        ]
    free_ns = (step.ended_ns or 0) + step.wait_min * _MIN_NS
    if step.wait_min and facts.now_ns < free_ns:
        left = -(-(free_ns - facts.now_ns) // _MIN_NS)
        return [f"step {step.op} must rest {step.wait_min} min, {left} are left"]
    return []


def _material(need: Need) -> list[str]:
    wrong = [
        f"lot {each.lot} of {need.material} is {_word(each.state)}"
        for each in need.lots
        if each.state is not LotState.RELEASED
    ]
    if wrong:
        return wrong
    there = sum(max(0.0, each.qty - need.set_aside.get(each.lot, 0.0)) for each in need.lots)
    if there + 1e-9 >= need.qty:
        return []
    return [f"{need.material}: {need.qty:g} are needed, released lots hold {there:g}"]


def _word(state: LotState) -> str:
    return "in quarantine" if state is LotState.QUARANTINE else str(state)


def _tool(facts: JobFacts) -> list[str]:
    wanted = facts.operation.tool_class
    if not wanted:
        return []
    given = facts.tool
    if given is None or given.tool is None:
        return [f"no {wanted} is given to the job"]
    tool = given.tool
    if tool.tool_class != wanted:
        return [f"tool {tool.id} is a {tool.tool_class}, the step wants a {wanted}"]
    if tool.state in {ToolState.WORN, ToolState.BLOCKED}:
        return [f"tool {tool.id} is {tool.state}"]
    found = []
    if tool.life_cycles is not None:
        left = tool.life_cycles - tool.used_cycles - given.counted
        if left < facts.pieces:
            found.append(
                f"tool {tool.id} has {max(0, left)} of {tool.life_cycles} cycles left,"
                f" {facts.pieces} are needed"
            )
    today = local_day(facts.now_ns, facts.time_zone)
    if tool.calibration_due is not None and today > tool.calibration_due:
        found.append(f"tool {tool.id}: its calibration ended with {tool.calibration_due}")
    if given.taken_by:
        found.append(f"tool {tool.id} is held by {given.taken_by}")
    return found


def _skill(facts: JobFacts) -> list[str]:
    crew = facts.operation.crew
    if crew is None:
        return []
    if facts.people:
        wrong = [p for each in facts.people if (p := unfit(each, crew, facts))]
        if wrong:
            return wrong
        if len(facts.people) < crew.heads:
            return [f"{len(facts.people)} of {crew.heads} people are given to the job"]
        return []
    fit = [each for each in facts.others if not unfit(each, crew, facts)]
    if len(fit) >= crew.heads:
        return []
    return [
        f"{crew.heads} with {crew.skill} level {crew.level} needed, {len(fit)} are free and valid now"
    ]


def unfit(person: Person, crew: Crew, facts: JobFacts) -> str:
    """Say why somebody may not do a step now, "" where they may; a skill holds through its last day in their zone."""
    if person.state is not PersonState.ACTIVE:
        return f"{person.id} has left"
    held = [each for each in person.skills if each.skill == crew.skill]
    if not held:
        return f"{person.id} has no skill {crew.skill}"
    able = [each for each in held if each.level >= crew.level]
    if not able:
        best = max(each.level for each in held)
        return f"{person.id} has {crew.skill} level {best}, the step wants {crew.level}"
    where = facts.zones.get(person.calendar, facts.time_zone)
    today = local_day(facts.now_ns, where)
    if any(each.valid_to is None or each.valid_to >= today for each in able):
        return ""
    last = max(each.valid_to for each in able if each.valid_to is not None)
    return f"{person.id}: {crew.skill} expired with {last}"


def _machine(machine: MachineFacts) -> list[str]:
    equipment = machine.equipment
    if equipment is None:
        return ["the machine is not in the master data any more"]
    if equipment.state is not EquipmentState.ACTIVE:
        return [f"{equipment.id} is {equipment.state}"]
    if not machine.may_produce:
        return [f"{equipment.id} is in mode {machine.mode or 'unknown'}, not in production"]
    return [machine.trouble] if machine.trouble else []


def local_day(now_ns: int, time_zone: str) -> date:
    """Return the date in a zone; raises `InvalidRequestError` for a zone that is none."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_ns // 1000)
    return moment.astimezone(zone(time_zone)).date()


def overlapping(one: tuple[int, int], others: Sequence[tuple[str, int, int]]) -> str:
    """Return the name of the first of some spans [start, end) that meets another, "" where none does."""
    start, end = one
    return next((name for name, begins, ends in others if begins < end and ends > start), "")
