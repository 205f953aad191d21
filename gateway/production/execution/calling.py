"""Machines that take job orders: what is sent to them, and what their answers and lists make of a job."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.clock import NS_PER_S
from gateway.production.execution.book import BEGUN, DONE
from gateway.production.execution.machines import Answer, JobCall, MachineJob, Outcome, Verb
from gateway.production.execution.port import JobRun
from gateway.production.lifecycle import JobState
from gateway.production.model import JobOrder, WorkOrder

_NS_PER_MIN: Final = 60 * NS_PER_S
_UNLISTED_NS: Final = 10 * NS_PER_S
"""A machine that took a job lists it by then."""


def call_of(order: WorkOrder, planned: JobOrder, run: JobRun, verb: Verb, said: str) -> JobCall:
    """Return what is sent to a machine."""
    return JobCall(
        verb=verb, job=run.job, product=order.product, op=run.op, qty=order.qty,
        priority=order.weight, starts_ns=planned.start_at_min * _NS_PER_MIN,
        ends_ns=planned.end_at_min * _NS_PER_MIN, said=said,
    )  # fmt: skip


def after_answer(run: JobRun, verb: Verb, answer: Answer) -> JobRun:
    """Return a job after a machine's answer: refused ones are ready again, what nobody knows is in doubt."""
    match answer.outcome:
        case Outcome.OK:
            return replace(run, note=answer.said)
        case Outcome.UNKNOWN:
            return replace(run, doubt=f"{verb} was not answered: {answer.said}")
        case _ if verb is Verb.STORE_AND_START:
            return replace(run, note=answer.said, state=JobState.READY, sent_ns=None)
        case _:
            return replace(run, note=answer.said)


def after_list(run: JobRun, seen: MachineJob | None, *, now_ns: int) -> JobRun:
    """Return a job as its machine's list has it, the same where nothing new is said.

    One that the list no longer holds is in doubt, where it is, unless it was sent a moment ago.
    """
    if seen is None:
        fresh = run.state is JobState.SENT and now_ns - (run.sent_ns or now_ns) <= _UNLISTED_NS
        if fresh or run.doubt:
            return run
        return replace(run, doubt=f"{run.machine} no longer lists it, though it was {run.state}")
    begun_ns = seen.started_ns or run.started_ns or (now_ns if seen.state in BEGUN else None)
    if (seen.state, "", begun_ns) == (run.state, run.doubt, run.started_ns):
        return run
    after = replace(run, state=seen.state, doubt="", started_ns=begun_ns)
    if seen.state not in DONE:
        return after
    return replace(
        after, ended_ns=seen.ended_ns or now_ns, said_good=seen.good, said_made=seen.made
    )
