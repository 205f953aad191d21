"""The flow of a line at its port, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import NotFoundError
from gateway.flow import (
    BottleneckTurn,
    Drift,
    FlowForecast,
    LineFlow,
    LineInfo,
    MachineFlow,
)

LINE = "plant/bottling/line1"
FILLER, PACKER = f"{LINE}/filler", f"{LINE}/packer"


class MemoryFlow:
    """Answers the same of one line."""

    def lines(self) -> Sequence[LineInfo]:
        """Return the line."""
        return [LineInfo(line="line1", path=LINE, machines=(FILLER, PACKER), ordered=True)]

    async def flow(
        self, line: str, *, start_ns: int | None = None, end_ns: int | None = None
    ) -> LineFlow:
        """Return a line whose packer starves."""
        if line not in ("line1", LINE):
            raise NotFoundError(f"there is no line {line[:100]!r}")
        until_ns = 1_767_247_200_000_000_000 if end_ns is None else end_ns
        first_ns = until_ns - 3_600_000_000_000 if start_ns is None else start_ns
        return LineFlow(
            line="line1",
            path=LINE,
            ordered=True,
            start_ns=first_ns,
            end_ns=until_ns,
            machines=(_machine(FILLER, "stands", "", ""), _machine(PACKER, "waits", "starved", FILLER)),
            bottleneck=FILLER,
            main=FILLER,
            turns=(BottleneckTurn(machine=FILLER, start_ns=first_ns, end_ns=until_ns),),
            shifting=((first_ns, first_ns + 10**9),),
            shifting_s=1.0,
            turning_point=FILLER,
            forecast=await self.forecast(line, wanted=6000, done=1000),
        )  # fmt: skip

    async def forecast(self, line: str, *, wanted: float, done: float) -> FlowForecast:
        """Return a forecast that never finishes at worst."""
        if line not in ("line1", LINE):
            raise NotFoundError(f"there is no line {line[:100]!r}")
        return FlowForecast(
            what="order",
            machine=PACKER,
            end_ns=None,
            done=done,
            wanted=wanted,
            expected=None,
            low=None,
            high=None,
            shortfall=None,
            shortfall_low=None,
            shortfall_high=None,
            finish_ns=(1_767_250_800_000_000_000, 1_767_254_400_000_000_000, None),
            assumes="the coming time is like the last 24 parts of 60 min",
        )


def _machine(name: str, doing: str, wait: str, root: str) -> MachineFlow:
    return MachineFlow(
        machine=name,
        doing=doing,
        since_ns=1_767_247_100_000_000_000,
        wait=wait,
        root=root,
        active_s=3000.0,
        sole_s=2000.0,
        starved_s=100.0 if wait else 0.0,
        blocked_s=0.0,
        unexplained_s=0.0,
        by_root={root: 100.0} if root else {},
        pieces=1000.0,
        rate_per_min=100.0,
        target_per_min=110.0,
        takt_s=60 / 110,
        cycle_s=0.6,
        planned_cycle_s=0.5,
        drift=Drift(per_hour=0.01, low=-0.01, high=0.03, significant=False),
        minor_stops=2,
        minor_stop_s=20.0,
    )
