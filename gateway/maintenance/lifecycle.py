"""What may be done with a work order in which state: one table, and what is reachable by it."""

from __future__ import annotations

from functools import cache
from typing import Final

from gateway.errors import ConflictError
from gateway.workorder import WorkAction, WorkState

_S, _A = WorkState, WorkAction

TRANSITIONS: Final[dict[tuple[WorkState, WorkAction], WorkState]] = {
    (_S.REQUESTED, _A.APPROVE): _S.OPEN,
    (_S.REQUESTED, _A.REJECT): _S.REJECTED,
    (_S.OPEN, _A.START): _S.IN_PROGRESS,
    (_S.OPEN, _A.HOLD): _S.ON_HOLD,
    (_S.OPEN, _A.CANCEL): _S.CLOSED,
    (_S.IN_PROGRESS, _A.HOLD): _S.ON_HOLD,
    (_S.IN_PROGRESS, _A.COMPLETE): _S.COMPLETE,
    (_S.ON_HOLD, _A.START): _S.IN_PROGRESS,
    (_S.ON_HOLD, _A.CANCEL): _S.CLOSED,
    (_S.COMPLETE, _A.CLOSE): _S.CLOSED,
    (_S.COMPLETE, _A.REOPEN): _S.IN_PROGRESS,
    (_S.CLOSED, _A.REOPEN): _S.IN_PROGRESS,
}
REASONED: Final = frozenset({_A.REJECT, _A.HOLD, _A.CANCEL, _A.REOPEN})
"""Actions that take a reason."""
ENDED: Final = frozenset({_S.COMPLETE, _S.CLOSED, _S.REJECTED})


def after(number: int, state: WorkState, action: WorkAction) -> WorkState:
    """Return the state an action leads to; raises `ConflictError`."""
    reached = TRANSITIONS.get((state, action))
    if reached is None:
        possible = ", ".join(a.value for s, a in TRANSITIONS if s is state) or "nothing"
        raise ConflictError(
            f"work order {number} is {state.value}: {action.value} is not possible now, but {possible}"
        )
    return reached


@cache
def reachable(state: WorkState) -> frozenset[WorkState]:
    """Return the states that one or more actions lead to."""
    found: set[WorkState] = set()
    todo = [state]
    while todo:
        here = todo.pop()
        for (before, _), reached in TRANSITIONS.items():
            if before is here and reached not in found:
                found.add(reached)
                todo.append(reached)
    return frozenset(found)
