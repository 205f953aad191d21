"""What may be done with an issue in which state."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gateway.deviation import IssueState
from gateway.errors import ConflictError


class IssueAction(StrEnum):
    """What a person does that moves an issue on."""

    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


TRANSITIONS: Final[dict[tuple[IssueState, IssueAction], IssueState]] = {
    (IssueState.OPEN, IssueAction.ACKNOWLEDGE): IssueState.ACKNOWLEDGED,
    (IssueState.OPEN, IssueAction.CLOSE): IssueState.CLOSED,
    (IssueState.ACKNOWLEDGED, IssueAction.CLOSE): IssueState.CLOSED,
}


def after(number: int, state: IssueState, action: IssueAction) -> IssueState:
    """Return the state an action leads to; raises `ConflictError`."""
    reached = TRANSITIONS.get((state, action))
    if reached is None:
        raise ConflictError(f"issue {number} is {state}: {action} is not possible now")
    return reached
