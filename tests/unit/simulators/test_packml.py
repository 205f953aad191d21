"""The PackML table is the published one, and units move along it only."""

from __future__ import annotations

import pytest

from simulators.plant.line import STEP_S, Line
from simulators.plant.packml import (
    ACTING_S,
    EDGES,
    IllegalTransitionError,
    Mode,
    State,
    Trigger,
    Unit,
)


def test_the_table_has_the_51_edges_of_opc_30050() -> None:
    assert len(EDGES) == 51
    assert EDGES[State.EXECUTE, Trigger.COMPLETE] is State.COMPLETING
    assert (State.EXECUTE, Trigger.SC) not in EDGES
    stop_from = {state for state, trigger in EDGES if trigger is Trigger.STOP}
    never = {State.STOPPING, State.STOPPED, State.ABORTING, State.ABORTED, State.CLEARING}
    assert stop_from == set(State) - never
    abort_from = {state for state, trigger in EDGES if trigger is Trigger.ABORT}
    assert abort_from == set(State) - {State.ABORTING, State.ABORTED}


def test_every_acting_state_completes_and_no_other_does() -> None:
    completing = {state for state, trigger in EDGES if trigger is Trigger.SC}
    assert completing == set(ACTING_S)


def test_an_edge_that_is_not_there_is_refused() -> None:
    unit = Unit()
    with pytest.raises(IllegalTransitionError, match="Start is not allowed in STOPPED"):
        unit.fire(Trigger.START)
    assert unit.state is State.STOPPED


def test_the_mode_changes_only_in_a_state_that_permits_it() -> None:
    unit = Unit()
    unit.change_mode(Mode.MANUAL)
    assert unit.mode is Mode.MANUAL
    unit.fire(Trigger.RESET)
    with pytest.raises(IllegalTransitionError):
        unit.change_mode(Mode.PRODUCTION)


def test_a_disturbed_line_takes_only_edges_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: set[tuple[State, Trigger, State]] = set()
    fire = Unit.fire

    def recorded(unit: Unit, trigger: Trigger) -> None:
        before = unit.state
        fire(unit, trigger)
        taken.add((before, trigger, unit.state))

    monkeypatch.setattr(Unit, "fire", recorded)
    line = Line(seed=3)
    line.warm_up()
    for number in range(round(300 / STEP_S)):
        line.step()
        if number % 700 == 0:
            line.machines["capper"].abort(for_s=4.0, reason="Cap jam")
        if number % 310 == 0:
            line.machines["packer"].hold(for_s=6.0, reason="Carton skew")
    assert {(before, trigger) for before, trigger, _ in taken} <= set(EDGES)
    reached = {after for _, _, after in taken}
    assert reached >= set(State) - {State.STOPPING, State.COMPLETING, State.COMPLETE}
