"""The bottling line: machines, the buffers between them, and the count of every piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simulators.plant.buffer import Buffer, Sink, Source
from simulators.plant.gauges import Gauges
from simulators.plant.layout import BOTTLING_LINE, MachineSpec
from simulators.plant.machine import Machine

STEP_S: Final = 0.05
WARM_UP_S: Final = 30.0


class Line:
    """Machines in a row with finite buffers; the same seed gives the same line."""

    def __init__(self, *, seed: int, specs: Sequence[MachineSpec] = BOTTLING_LINE) -> None:
        self.source = Source()
        self.sink = Sink()
        self.machines: dict[str, Machine] = {}
        self.gauges: dict[str, Gauges] = {}
        infeed: Buffer = self.source
        for index, spec in enumerate(specs):
            is_last = index == len(specs) - 1
            outfeed = self.sink if is_last else Buffer(capacity=spec.outfeed_capacity)
            rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
            machine = Machine(spec=spec, infeed=infeed, outfeed=outfeed, rng=rng)
            self.machines[spec.key] = machine
            self.gauges[spec.key] = Gauges(machine=machine, rng=rng)
            infeed = outfeed

    def warm_up(self) -> None:
        """Bring the line from Stopped to a steady run."""
        for _ in range(round(WARM_UP_S / STEP_S)):
            self.step()

    def step(self) -> None:
        """Let STEP_S of plant time pass; machines move from the end of the line to its start."""
        for machine in reversed(self.machines.values()):
            machine.step(delta_s=STEP_S)

    @property
    def in_buffers(self) -> int:
        """Pieces between the machines now."""
        return int(
            sum(m.outfeed.level for m in self.machines.values() if m.outfeed is not self.sink)
        )

    @property
    def in_machines(self) -> int:
        """Pieces inside the machines now."""
        return sum(m.holding for m in self.machines.values())

    @property
    def rejects(self) -> int:
        """Pieces thrown out since the beginning."""
        return sum(m.reject_total for m in self.machines.values())
