"""PackML states, modes and triggers; the edges are data in `packml_edges.csv`.

State numbers and the 51 edges are those of OPC 30050 (OPC UA for PackML, ISA-TR88.00.02).
"""

from __future__ import annotations

import csv
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Final


class State(IntEnum):
    """PackML states by their number."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class Mode(IntEnum):
    """PackML unit modes."""

    INVALID = 0
    PRODUCTION = 1
    MAINTENANCE = 2
    MANUAL = 3


class Trigger(StrEnum):
    """What moves a unit from one state to the next; SC is "acting state complete"."""

    ABORT = "Abort"
    CLEAR = "Clear"
    COMPLETE = "Complete"
    HOLD = "Hold"
    RESET = "Reset"
    SC = "SC"
    START = "Start"
    STOP = "Stop"
    SUSPEND = "Suspend"
    UNHOLD = "Unhold"
    UNSUSPEND = "Unsuspend"


class IllegalTransitionError(ValueError):
    """The table has no such edge; the unit keeps its state."""


def _read_edges(path: Path) -> dict[tuple[State, Trigger], State]:
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            (State[row["from"].upper()], Trigger(row["trigger"])): State[row["to"].upper()]
            for row in csv.DictReader(rows)
        }


EDGES: Final = _read_edges(Path(__file__).with_name("packml_edges.csv"))

MODE_CHANGE_STATES: Final = frozenset({State.STOPPED, State.IDLE, State.ABORTED})

ACTING_S: Final = {
    State.CLEARING: 1.0,
    State.STARTING: 1.0,
    State.STOPPING: 0.5,
    State.ABORTING: 0.25,
    State.HOLDING: 0.25,
    State.UNHOLDING: 0.5,
    State.SUSPENDING: 0.25,
    State.UNSUSPENDING: 0.25,
    State.RESETTING: 1.0,
    State.COMPLETING: 0.5,
}
"""How long each acting state lasts, in seconds, before its SC."""


class Unit:
    """One PackML unit: a state and a mode that move only along the tables."""

    def __init__(self) -> None:
        self.state = State.STOPPED
        self.mode = Mode.PRODUCTION
        self.in_state_s = 0.0

    def can(self, trigger: Trigger) -> bool:
        """Whether the table has an edge for `trigger` from the present state."""
        return (self.state, trigger) in EDGES

    def fire(self, trigger: Trigger) -> None:
        """Take the edge of `trigger`; raises IllegalTransitionError where there is none."""
        target = EDGES.get((self.state, trigger))
        if target is None:
            msg = f"{trigger} is not allowed in {self.state.name}"
            raise IllegalTransitionError(msg)
        self.state = target
        self.in_state_s = 0.0

    def change_mode(self, mode: Mode) -> None:
        """Change the mode; allowed in Stopped, Idle and Aborted only."""
        if self.state not in MODE_CHANGE_STATES:
            msg = f"mode change is not allowed in {self.state.name}"
            raise IllegalTransitionError(msg)
        self.mode = mode

    def elapse(self, delta_s: float) -> None:
        """Let time pass; an acting state that has lasted long enough completes."""
        self.in_state_s += delta_s
        lasts_s = ACTING_S.get(self.state)
        if lasts_s is not None and self.in_state_s >= lasts_s:
            self.fire(Trigger.SC)
