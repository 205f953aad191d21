"""The transition table of work orders: every state has its way, and no way leads round it."""

from __future__ import annotations

import pytest

from gateway.errors import ConflictError
from gateway.maintenance.lifecycle import TRANSITIONS, after, reachable
from gateway.workorder import WorkAction, WorkState


@pytest.mark.parametrize("state", WorkState)
@pytest.mark.parametrize("action", WorkAction)
def test_what_the_table_does_not_name_is_refused(state: WorkState, action: WorkAction) -> None:
    reached = TRANSITIONS.get((state, action))
    if reached is None:
        with pytest.raises(ConflictError, match=f"work order 7 is {state.value}"):
            after(7, state, action)
    else:
        assert after(7, state, action) is reached


def test_a_request_is_worked_on_only_once_it_is_approved() -> None:
    ways = {reached for (state, _), reached in TRANSITIONS.items() if state is WorkState.REQUESTED}
    assert ways == {WorkState.OPEN, WorkState.REJECTED}
    assert reachable(WorkState.REJECTED) == frozenset()
    assert reachable(WorkState.CLOSED) >= {WorkState.COMPLETE, WorkState.CLOSED}
    assert WorkState.OPEN not in reachable(WorkState.IN_PROGRESS)
