"""How the demo plant of the web's tests stands in a shift: five machines with a plan, one without."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.clock import NS_PER_S
from gateway.performance import Kpis, Level, PlannedPieces, PlanSource, ShiftPick, Standing

SHIFT_NS = 8 * 3600 * NS_PER_S
LINE = "plant/bottling/line1"
CELL = "plant/machining/cell1"
PER_MIN = 100.0
OF_PLAN = {"rinser": 0.99, "filler": 0.95, "capper": 0.9, "labeller": 0.88, "packer": 0.86}


def example_standings(pick: ShiftPick, now_ns: int) -> Sequence[Standing]:
    """Return the plant, its two lines and its six machines."""
    start_ns = now_ns // SHIFT_NS * SHIFT_NS
    start_ns -= SHIFT_NS if pick is ShiftPick.PREVIOUS else 0
    gone = min(1.0, (now_ns - start_ns) / SHIFT_NS)
    machines = [
        _standing(f"{LINE}/{name}", Level.MACHINE, start_ns, gone, part)
        for name, part in OF_PLAN.items()
    ]
    mill = _standing(f"{CELL}/mill", Level.MACHINE, start_ns, gone, None)
    line = _standing(LINE, Level.LINE, start_ns, gone, 0.86, counted=f"{LINE}/packer")
    cell = _standing(CELL, Level.LINE, start_ns, gone, None, counted=f"{CELL}/mill")
    plant = _standing("", Level.PLANT, start_ns, gone, 0.86, counted=f"{LINE}/packer")
    return (plant, line, cell, *machines, mill)


def _standing(
    unit: str, level: Level, start_ns: int, gone: float, part: float | None, *, counted: str = ""
) -> Standing:
    whole = PER_MIN * 480
    seen_s = gone * SHIFT_NS / NS_PER_S
    ratios = {
        "availability": 0.9,
        "effectiveness": None if part is None else part,
        "quality": None if part is None else 0.99,
        "oee": None if part is None else 0.9 * part * 0.99,
    }
    return Standing(
        unit=unit,
        level=level,
        shift="early",
        day="2026-01-01",
        day_only=False,
        start_ns=start_ns,
        end_ns=start_ns + SHIFT_NS,
        breaks=(),
        good=round(whole * gone * (part or 0.01)),
        counted_at=(counted or unit,),
        planned=None
        if part is None
        else PlannedPieces(
            shift=whole, by_now=whole * gone, seen=whole * gone, source=PlanSource.TARGET
        ),
        target_per_min=None if part is None else PER_MIN,
        run_time_s=None if part is None else 0.5,
        members={Level.PLANT: 6, Level.LINE: 5}.get(level, 1),
        known=1 if level is Level.MACHINE else 5,
        kpis=Kpis(
            label="early",
            start_ns=start_ns,
            end_ns=start_ns + SHIFT_NS,
            shift="early",
            day="2026-01-01",
            kpis=ratios,
            sums={"pbt_s": seen_s, "sq": 12.0, "gq": 1000.0},
            losses={
                "breakdown": 0.04 * seen_s,
                "small_stops": 0.03 * seen_s,
                "setup": 0.0,
                "reduced_speed": None if part is None else 0.1 * seen_s,
                "external": 0.02 * seen_s,
            },
            off_plan={"seconds": 0.0, "good": 0.0, "scrap": 0.0},
            coverage=1.0,
            target_pieces=None,
            version=1,
            provisional=True,
        ),
    )
