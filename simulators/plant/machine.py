"""One machine: takes a piece, works on it, gives it on; stops, starves and blocks by PackML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from simulators.plant.buffer import Buffer
from simulators.plant.layout import TARGET_PER_MIN, MachineSpec
from simulators.plant.packml import State, Trigger, Unit

GRACE_S: Final = 0.5
"""How long a machine waits for a piece or for room before it suspends."""

RESTART_PIECES: Final = 4
"""Pieces or room that must be there before a suspended machine runs again."""

COMMANDS: Final[Mapping[int, Trigger]] = {
    1: Trigger.RESET,
    2: Trigger.START,
    3: Trigger.STOP,
    4: Trigger.HOLD,
    5: Trigger.UNHOLD,
    8: Trigger.ABORT,
    9: Trigger.CLEAR,
}
"""Remote commands by their number in PackTags (Command.CntrlCmd)."""

MIN_SPEED_PER_MIN: Final = 1.0
CYCLE_SPREAD: Final = 0.01


class Machine:
    """The behaviour of one machine between two buffers; advanced by `step` in plant seconds."""

    def __init__(
        self, *, spec: MachineSpec, infeed: Buffer, outfeed: Buffer, rng: np.random.Generator
    ) -> None:
        self.spec = spec
        self.infeed = infeed
        self.outfeed = outfeed
        self.unit = Unit()
        self.target_per_min = min(TARGET_PER_MIN, spec.nominal_per_min)
        self.overspeed = spec.nominal_per_min / TARGET_PER_MIN
        self.good_total = 0
        self.reject_total = 0
        self.holding = 0
        self.cycle_time_s = 60.0 / spec.nominal_per_min
        self.illegal_requests = 0
        self._rng = rng
        self._left_s = 0.0
        self._is_bad = False
        self._waiting_s = 0.0
        self._reason = ""
        self._hold_until_s = 0.0
        self._abort_until_s = 0.0
        self._slow: list[tuple[float, float]] = []
        self._t_s = 0.0
        self._waits_for_people = False

    @property
    def pieces_done(self) -> int:
        """Pieces finished, good or not, since the beginning."""
        return self.good_total + self.reject_total

    @property
    def speed_per_min(self) -> float:
        """What the drive would run at now: target, this machine's overspeed, speed losses."""
        factor = min((f for f, end_s in self._slow if self._t_s < end_s), default=1.0)
        return max(MIN_SPEED_PER_MIN, self.target_per_min * self.overspeed * factor)

    @property
    def stop_reason(self) -> str:
        """Why the machine does not run; empty while it runs."""
        return "" if self.unit.state is State.EXECUTE else self._reason

    def hold(self, *, for_s: float, reason: str) -> None:
        """Make a short internal stop; counted as refused where PackML has no such edge."""
        if self.unit.state not in (State.HOLDING, State.HELD):
            if not self.unit.can(Trigger.HOLD):
                self.illegal_requests += 1
                return
            self.unit.fire(Trigger.HOLD)
        self._hold_until_s = max(self._hold_until_s, self._t_s + for_s)
        self._reason = reason

    def abort(self, *, for_s: float, reason: str) -> None:
        """Fail with a fault that lasts `for_s`; the piece in the machine is lost as a reject."""
        if self.unit.can(Trigger.ABORT):
            self.unit.fire(Trigger.ABORT)
        if self.holding:
            self.holding = 0
            self.reject_total += 1
        self._abort_until_s = max(self._abort_until_s, self._t_s + for_s)
        self._reason = reason

    def obey(self, trigger: Trigger) -> bool:
        """Do what a remote command asks, where PackML has that edge now; what it stops waits for the next command."""
        if trigger not in COMMANDS.values() or not self.unit.can(trigger):
            return False
        self.unit.fire(trigger)
        match trigger:
            case Trigger.HOLD:
                self._hold_until_s = math.inf
                self._reason = "Held by command"
            case Trigger.UNHOLD:
                self._hold_until_s = self._t_s
            case Trigger.STOP:
                self._waits_for_people = True
                self._reason = "Stopped by command"
            case Trigger.ABORT:
                self._waits_for_people = True
                self.abort(for_s=math.inf, reason="Aborted by command")
            case Trigger.CLEAR:
                self._abort_until_s = self._t_s
            case Trigger.START:
                self._waits_for_people = False
            case _:
                pass
        return True

    def slow_down(self, *, factor: float, for_s: float) -> None:
        """Run at `factor` of the speed for `for_s`."""
        self._slow = [(f, end_s) for f, end_s in self._slow if end_s > self._t_s]
        self._slow.append((factor, self._t_s + for_s))

    def step(self, *, delta_s: float) -> None:
        """Let `delta_s` of plant time pass."""
        self._t_s += delta_s
        self.unit.elapse(delta_s)
        self._react()
        if self.unit.state is State.EXECUTE:
            self._work(delta_s)

    def _react(self) -> None:
        match self.unit.state:
            case State.HELD if self._t_s >= self._hold_until_s:
                self.unit.fire(Trigger.UNHOLD)
            case State.ABORTED if self._t_s >= self._abort_until_s:
                self.unit.fire(Trigger.CLEAR)
            case State.STOPPED | State.COMPLETE if not self._waits_for_people:
                self.unit.fire(Trigger.RESET)
            case State.IDLE if not self._waits_for_people:
                self.unit.fire(Trigger.START)
            case State.SUSPENDED if self._may_resume():
                self.unit.fire(Trigger.UNSUSPEND)
            case _:
                pass

    def _may_resume(self) -> bool:
        has_piece = self.holding > 0 or self.infeed.level >= RESTART_PIECES
        return has_piece and self.outfeed.free >= RESTART_PIECES

    def _work(self, delta_s: float) -> None:
        while delta_s > 0:
            if not self.holding and not self._begin():
                self._wait(delta_s, "Starved")
                return
            if self._left_s > delta_s:
                self._left_s -= delta_s
                return
            delta_s -= self._left_s
            self._left_s = 0.0
            if not self._finish():
                self._wait(delta_s, "Blocked")
                return

    def _begin(self) -> bool:
        if not self.infeed.take():
            return False
        self.holding = 1
        spread = 1.0 + CYCLE_SPREAD * float(self._rng.standard_normal())
        self._left_s = self.cycle_time_s = 60.0 / self.speed_per_min * max(0.5, spread)
        self._is_bad = float(self._rng.random()) < self.spec.reject_rate
        return True

    def _finish(self) -> bool:
        if self._is_bad:
            self.reject_total += 1
        elif self.outfeed.put():
            self.good_total += 1
        else:
            return False
        self.holding = 0
        self._waiting_s = 0.0
        return True

    def _wait(self, delta_s: float, reason: str) -> None:
        self._waiting_s += delta_s
        if self._waiting_s >= GRACE_S:
            self._waiting_s = 0.0
            self._reason = reason
            self.unit.fire(Trigger.SUSPEND)
