"""The production plan: what is made when, whether it fits, what people decided on gaps, and its approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.production.capacity.gaps import Gap, RemedyKind, find_gaps
from gateway.production.capacity.load import ResourceKind, Wanted, loads, stock_lines
from gateway.production.floor import Floor
from gateway.production.lifecycle import PLAN, PlanState, moved


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One product in one week, in pieces."""

    product: str
    week: date
    opening: float
    demand: float
    output: float
    closing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLine:
    """One resource by week: load and available in minutes (materials: quantities)."""

    kind: ResourceKind
    resource: str
    load: tuple[float, ...]
    available: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided on a gap, and why."""

    gap: str
    remedy: RemedyKind
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionPlan:
    """One version of the plan; the proposer may not approve it."""

    id: int
    version: int = 1
    weeks: tuple[date, ...]
    lines: tuple[PlanLine, ...]
    wanted: tuple[Wanted, ...] = ()
    resources: tuple[ResourceLine, ...] = ()
    gaps: tuple[Gap, ...] = ()
    decisions: tuple[Decision, ...] = ()
    proposer: str
    approver: str = ""
    state: PlanState = PlanState.DRAFT

    @property
    def undecided(self) -> tuple[Gap, ...]:
        """Gaps nobody has decided on yet."""
        decided = {each.gap for each in self.decisions}
        return tuple(each for each in self.gaps if each.id not in decided)


def draft(
    *,
    number: int,
    demand: Mapping[str, Mapping[date, float]],
    opening: Mapping[str, float],
    weeks: Sequence[date],
    proposer: str,
    orders: Mapping[tuple[str, date], Sequence[str]] | None = None,
) -> ProductionPlan:
    """Return a plan that makes what demand by product and week asks for beyond the opening stock."""
    if not weeks:
        raise InvalidRequestError("a plan needs at least one week")
    lines = [
        PlanLine(product=product, week=week, opening=begins, demand=asked, output=made,
                 closing=ends)
        for product in sorted(demand)
        for week, begins, asked, made, ends in stock_lines(
            demand[product], weeks=weeks, opening=opening.get(product, 0.0)
        )
    ]  # fmt: skip
    wanted = tuple(
        Wanted(product=each.product, week=each.week, qty=each.output,
               orders=tuple((orders or {}).get((each.product, each.week), ())))
        for each in lines
        if each.output > 0
    )  # fmt: skip
    return ProductionPlan(
        id=number, weeks=tuple(weeks), lines=tuple(lines), wanted=wanted, proposer=proposer
    )


def check(plan: ProductionPlan, floor: Floor) -> ProductionPlan:
    """Return the plan with its loads and gaps; decisions on gaps that are gone are dropped.

    Raises `ConflictError` for a plan that is approved or superseded.
    """
    if plan.state not in {PlanState.DRAFT, PlanState.CHECKED}:
        raise ConflictError(f"plan {plan.id} is {plan.state}: make a new version to check again")
    found = loads(floor, plan.wanted, weeks=plan.weeks)
    gaps = find_gaps(floor, found)
    there = {each.id for each in gaps}
    return replace(
        plan,
        state=PlanState.CHECKED,
        gaps=gaps,
        decisions=tuple(each for each in plan.decisions if each.gap in there),
        resources=tuple(
            ResourceLine(kind=kind, resource=name, load=tuple(row.load.tolist()),
                         available=tuple(row.available.tolist()))
            for (kind, name), row in found.rows.items()
        ),
    )  # fmt: skip


def decide(plan: ProductionPlan, decision: Decision) -> ProductionPlan:
    """Return the plan with a decision on one gap.

    Raises `NotFoundError` for the gap, `InvalidRequestError` without a reason or for a remedy that was not offered,
    `ConflictError` where the plan is not being decided on.
    """
    if plan.state is not PlanState.CHECKED:
        raise ConflictError(f"plan {plan.id} is {plan.state}: only a checked plan is decided on")
    gap = next((each for each in plan.gaps if each.id == decision.gap), None)
    if gap is None:
        raise NotFoundError(f"plan {plan.id} has no gap {decision.gap[:100]!r}")
    if not decision.reason.strip():
        raise InvalidRequestError(f"the decision on {gap.id} needs a reason")
    offered = {each.kind for each in gap.remedies}
    if decision.remedy not in offered:
        raise InvalidRequestError(
            f"{decision.remedy} does not help with {gap.id}: want one of {', '.join(sorted(offered))}"
        )
    others = tuple(each for each in plan.decisions if each.gap != gap.id)
    return replace(plan, decisions=(*others, decision))


def approve(plan: ProductionPlan, *, by: str) -> ProductionPlan:
    """Return the plan as approved; raises `ConflictError` while a gap is undecided or for the proposer."""
    if plan.undecided:
        first = plan.undecided[0]
        raise ConflictError(
            f"plan {plan.id} has {len(plan.undecided)} undecided gaps: decide first on {first.message}"
        )
    state = moved(PLAN, what=f"plan {plan.id}", now=plan.state, to=PlanState.APPROVED)
    if by == plan.proposer:
        raise ConflictError(f"plan {plan.id} was proposed by {by}: somebody else must approve it")
    return replace(plan, state=state, approver=by)


def superseded(plan: ProductionPlan) -> ProductionPlan:
    """Return the plan as replaced by a newer version; raises `ConflictError`."""
    state = moved(PLAN, what=f"plan {plan.id}", now=plan.state, to=PlanState.SUPERSEDED)
    return replace(plan, state=state)


def next_version(plan: ProductionPlan, *, proposer: str) -> ProductionPlan:
    """Return a draft of the next version with the same lines and none of the decisions."""
    return replace(
        plan, version=plan.version + 1, state=PlanState.DRAFT, gaps=(), resources=(), decisions=(),
        proposer=proposer, approver="",
    )  # fmt: skip
