"""How the control charts of the running rules stand: what they learned, and the limits in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.chart import ChartPhase
from gateway.detect.options import SpcRule
from gateway.detect.running import Running
from rules.events import Event
from rules.families import spc
from rules.families.spc_learn import MONITORING
from rules.spc.autocorrelation import Lag1
from rules.spc.phase1 import FrozenLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChart:
    """One chart as the engine holds it; `learned` is what Phase I says of neighbouring points, once it is over."""

    rule: str
    signal: int
    side: str
    phase: ChartPhase
    have: int
    active: bool
    limits: FrozenLimits | None
    learned: Lag1 | None


def charted(running: Running) -> Iterator[LiveChart]:
    """Yield every chart the engine runs."""
    _, block = running.table.blocks[spc.FAMILY.name]
    if not block.keys:
        return
    state = {**running.state.memories[spc.FAMILY.name].columns}
    limits = spc.frozen(block, state)
    held = spc.active(state)
    for at, key in enumerate(block.keys):
        monitored = state["phase"][at] == MONITORING
        given = bool(np.isfinite(block.params["sigma"][at]))
        yield LiveChart(
            rule=key.rule,
            signal=key.signal,
            side=key.side,
            phase=ChartPhase.MONITORING if monitored else ChartPhase.ESTIMATING,
            have=int(state["points"][at]),
            active=bool(held[at]),
            limits=limits.get(key),
            learned=spc.correlated(state, at) if monitored and not given else None,
        )


def limit_versions(running: Running, events: Sequence[Event]) -> Mapping[Event, str]:
    """Return the version of the limits that each event of a chart was judged by."""
    charts = {event for event in events if isinstance(running.rules.get(event.rule), SpcRule)}
    if not charts:
        return {}
    _, block = running.table.blocks[spc.FAMILY.name]
    limits = spc.frozen(block, {**running.state.memories[spc.FAMILY.name].columns})
    found = {(key.rule, key.signal, key.side): one.version for key, one in limits.items()}
    return {event: found.get((event.rule, event.signal, event.side), "") for event in charts}
