"""MTBF, MTTR and MTTA from the same work orders that people work on."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.clock import NS_PER_S
from gateway.maintenance.lifecycle import ENDED
from gateway.workorder import Reliability, WorkKind, WorkOrder
from rules.throughput.reliability import figures


def reliability(
    orders: Sequence[WorkOrder],
    *,
    asset: str,
    start_ns: int,
    end_ns: int,
    operating_s: float | None,
    now_ns: int,
) -> Reliability:
    """Return the figures of orders raised in [start, end).

    A failure is a corrective order with a downtime that has ended; its repair time is that downtime. The time to
    acknowledge is from when the need was raised to when somebody first took the order.
    """
    ours = [each for each in orders if start_ns <= each.raised_ns < end_ns]
    corrective = [each for each in ours if each.kind is WorkKind.CORRECTIVE]
    repairs = [
        (each.downtime_end_ns - each.downtime_start_ns) / NS_PER_S
        for each in corrective
        if each.downtime_start_ns is not None and each.downtime_end_ns is not None
    ]
    taken = [
        (each.reacted_ns - each.raised_ns) / NS_PER_S
        for each in corrective
        if each.reacted_ns is not None
    ]
    found = figures(operating=operating_s, repairs=repairs, acknowledgements=taken)
    costs = [part.quantity * (part.unit_cost or 0.0) for each in ours for part in each.parts]
    return Reliability(
        asset=asset,
        start_ns=start_ns,
        end_ns=end_ns,
        failures=len(repairs),
        operating_s=operating_s,
        mtbf_s=found.mtbf,
        mttr_s=found.mttr,
        mtta_s=found.mtta,
        availability=found.availability,
        orders=len(ours),
        labour_min=sum(entry.minutes for each in ours for entry in each.labour),
        parts_cost=sum(costs),
        overdue=sum(_is_overdue(each, now_ns) for each in ours),
    )


def _is_overdue(order: WorkOrder, now_ns: int) -> bool:
    return order.due_ns is not None and order.due_ns < now_ns and order.state not in ENDED
