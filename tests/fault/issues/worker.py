"""The process whose children are killed: each takes a case on from where it stands, by people's steps and the data's.

Run with the paths of two databases: the first case goes its way undisturbed, the second is killed at every commit.
It prints, as JSON, how often it was killed at which step, and what became of both.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gateway.failpoint
from gateway.clock import ManualClock
from gateway.corrective import Case, VerificationState
from gateway.deviation import IssueState
from gateway.store import Store
from tests.fault.issues.together import held_together, is_watched, outcome
from tests.peers.cases import ANNA, BEN, CAUSE, TRIAGE, CaseBench, S

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
CONTAINMENT = {
    "containment.action": "Everything since noon is held.",
    "containment.verified": "Store checked.",
    "containment.from_ms": 1_767_222_000_000,
    "containment.to_ms": 1_767_225_600_000,
    "suspect.quantity": 940,
}
CLOSING = {"closing.similar": "One, sound.", "closing.standard": "PM plan 12."}
PROOF = {"events": 1, "days": 0.001}
ACTION: Mapping[str, object] = {"title": "Seal", "owner": "ben", "due_ns": 1_767_312_000 * S}
NUMBER = 1
S_ = IssueState
KILLS = ("cases.before_commit:kill@2", "cases.after_commit:kill@1")
"""One step done and the next one torn, and one done whose answer is lost."""

LOOK = "proofs.before_commit:kill@5"
"""Four looks of the data kept, and one torn."""

Step = Callable[[CaseBench, Case], Awaitable[object]]


def edit(changes: Mapping[str, object]) -> Step:
    """Return the step that fills in a part of the form."""
    return lambda bench, _: bench.edit(NUMBER, changes)


def advance(bench: CaseBench, _: Case) -> Awaitable[object]:
    """Go on to the next stage."""
    return bench.advance(NUMBER, by=BEN)


def lacks(field: str) -> Callable[[Case], bool]:
    """Return whether a field of the form is empty."""
    return lambda case: field not in case.fields


def proof(case: Case) -> VerificationState | None:
    """Return how the newest proof stands."""
    return case.verifications[0].state if case.verifications else None


STEPS: Sequence[tuple[IssueState, Callable[[Case], object], Step]] = (
    (S_.OPEN, lambda _: True, lambda bench, _: bench.office.act(NUMBER, "acknowledge", by=ANNA)),
    (S_.TRIAGE, lacks("problem.what"), edit(TRIAGE)),
    (S_.CONTAINED, lacks("containment.action"), edit(CONTAINMENT)),
    (
        S_.ROOT_CAUSE,
        lambda case: not case.attachments,
        lambda bench, _: bench.office.attach(NUMBER, name="seal.png", data=PNG, by=ANNA),
    ),
    (S_.ROOT_CAUSE, lacks("cause.method"), edit(CAUSE)),
    (
        S_.ACTION_PLANNED,
        lambda case: proof(case) is None,
        lambda bench, _: bench.office.prove(
            NUMBER, template="no_recurrence", settings=PROOF, by=ANNA
        ),
    ),
    (
        S_.ACTION_PLANNED,
        lambda case: not case.actions,
        lambda bench, _: bench.office.add_action(NUMBER, kind="corrective", fields=ACTION, by=ANNA),
    ),
    (S_.ACTION_PLANNED, lacks("plan.metric"), edit({"plan.metric": "None above 504 g."})),
    (
        S_.IMPLEMENTED,
        lambda case: case.actions[0].done_ns is None,
        lambda bench, case: bench.office.change_action(
            NUMBER, 1, version=case.actions[0].version, fields={"done": True}, by=BEN
        ),
    ),
    (S_.IMPLEMENTED, lacks("implementation.change"), edit({"implementation.change": "cd34."})),
    (
        S_.VERIFYING,
        lambda case: proof(case) is VerificationState.WATCHING,
        lambda bench, _: bench.watch(20),
    ),
    (
        S_.VERIFYING,
        lambda case: any(machine.checked_ns is None for machine in case.similar),
        lambda bench, _: bench.look_around(NUMBER),
    ),
    (S_.VERIFYING, lacks("closing.similar"), edit(CLOSING)),
)
"""In which stage, and where what is missing, comes what; where nothing is missing, the next stage."""


def next_step(case: Case) -> Step | None:
    """Return what comes next in a case; None at its end."""
    state = case.issue.state
    if state is S_.CLOSED:
        return None
    found = (step for at, wants, step in STEPS if at is state and wants(case))
    return next(found, advance)


async def go_on(path: str, failpoint: str) -> None:
    """Take the case to its end, on a clock that goes on where the last one stopped.

    Who is to be killed at people's steps ends where the data's begin: else it would look to the end undisturbed.
    """
    store = await Store.open(f"sqlite:///{path}")
    bench = CaseBench(store)
    bench.clock = ManualClock(start_ns=bench.clock.now_ns() + 3600 * S)
    await bench.open()
    if bench.desk.revision == 0:
        await bench.spell()
        await bench.freeze()
    case = await bench.office.case(NUMBER)
    times = [event.time_ns for event in await bench.desk.events(after=0, limit=1000)]
    times += [proof.looked_ns or 0 for proof in case.verifications]
    bench.clock = ManualClock(start_ns=max(times))
    await bench.open()
    while (step := next_step(case)) is not None:
        if failpoint in KILLS and proof(case) is VerificationState.WATCHING:
            os.kill(os.getpid(), signal.SIGKILL)
        await step(bench, case)
        case = await bench.office.case(NUMBER)
    await store.close()


def child(path: str, failpoint: str) -> int:
    """Go on in a process of its own, armed with a failpoint; return how it ended."""
    process = os.fork()
    if process == 0:
        ended = 1
        try:
            os.environ[gateway.failpoint.VARIABLE] = failpoint
            importlib.reload(gateway.failpoint)
            asyncio.run(go_on(path, failpoint))
            ended = 0
        finally:
            # Whatever it was, this copy of the process must end here.
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(ended)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main(whole: str, killed: str) -> dict[str, Any]:
    """Run both cases; raises `AssertionError` where a kill left anything half-done."""
    assert child(whole, "") == 0
    kills: list[str] = []
    ended = -signal.SIGKILL
    while ended == -signal.SIGKILL:
        looking = Path(killed).exists() and is_watched(Path(killed))
        failpoint = LOOK if looking else KILLS[len(kills) % len(KILLS)]
        ended = child(killed, failpoint)
        held_together(Path(killed))
        kills += [failpoint] if ended else []
    assert ended == 0, f"a child ended with {ended}"
    return {"kills": kills, "whole": outcome(Path(whole)), "killed": outcome(Path(killed))}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:3])))
