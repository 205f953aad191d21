"""The life cycle of an issue: one table of what leads where; what each stage must hold stands in `case.gates`."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Final

from gateway.deviation import ENDED, LIVING, IssueState
from gateway.errors import ConflictError

S = IssueState


class IssueAction(StrEnum):
    """What moves an issue on; `fail` is what the data says of a fix, `recur` what rules say of a closed issue."""

    ACKNOWLEDGE = "acknowledge"
    ADVANCE = "advance"
    SEND_BACK = "send_back"
    REJECT = "reject"
    DUPLICATE = "duplicate"
    REOPEN = "reopen"
    FAIL = "fail"
    RECUR = "recur"


STAGES: Final = (
    *(S.OPEN, S.TRIAGE, S.CONTAINED, S.ROOT_CAUSE),
    *(S.ACTION_PLANNED, S.IMPLEMENTED, S.VERIFYING, S.CLOSED),
)
"""The way of an issue whose fix is proven."""

TRANSITIONS: Final[dict[tuple[IssueState, IssueAction], IssueState]] = {
    **{(s, IssueAction.ACKNOWLEDGE): S.TRIAGE for s in (S.OPEN, S.REOPENED)},
    **{(s, IssueAction.ADVANCE): after for s, after in pairwise(STAGES[1:])},
    **{(s, IssueAction.SEND_BACK): before for before, s in pairwise(STAGES[1:-1])},
    **{(s, IssueAction.REJECT): S.REJECTED for s in (S.OPEN, S.REOPENED, S.TRIAGE, S.CONTAINED)},
    **{(s, IssueAction.DUPLICATE): S.DUPLICATE for s in LIVING},
    **{(s, IssueAction.REOPEN): S.REOPENED for s in sorted(ENDED)},
    (S.VERIFYING, IssueAction.FAIL): S.REOPENED,
    (S.CLOSED, IssueAction.RECUR): S.REOPENED,
}
"""The only way to `closed` is to advance from `verifying`."""


def after(number: int, state: IssueState, action: IssueAction) -> IssueState:
    """Return the state an action leads to; raises `ConflictError`."""
    reached = TRANSITIONS.get((state, action))
    if reached is None:
        possible = ", ".join(sorted(a for s, a in TRANSITIONS if s is state and a in BY_PEOPLE))
        raise ConflictError(
            f"issue {number} is {state}: {action} is not possible now, want {possible}"
        )
    return reached


BY_PEOPLE: Final = frozenset(IssueAction) - {IssueAction.FAIL, IssueAction.RECUR}
