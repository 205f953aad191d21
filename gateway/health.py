"""The whole gateway's health at one moment, gathered from those who register themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotFoundError
from gateway.status import (
    ConnectorState,
    ConnectorStatus,
    Health,
    StageState,
    StageStatus,
    UnknownSource,
)

_T = TypeVar("_T")
_PROBE_S: Final = 0.25
_PROBES_KEPT: Final = 40
_LAGGING_S: Final = 0.5
_BEHIND_S: Final = 60.0
_STATM: Final = Path("/proc/self/statm")


class HealthBoard:
    """Implements `HealthSource`; supervisors and deliveries register callables that return their status."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._connectors: dict[str, Callable[[], ConnectorStatus]] = {}
        self._unknown: dict[str, Callable[[], Sequence[UnknownSource]]] = {}
        self._stages: dict[str, Callable[[], StageStatus]] = {}
        self._remarks: list[Callable[[], Sequence[str]]] = []
        self._lags_s: list[float] = []
        self._started = False

    def add_connector(
        self,
        name: str,
        status: Callable[[], ConnectorStatus],
        unknown: Callable[[], Sequence[UnknownSource]] = tuple,
    ) -> None:
        """Show a connector from now on; a second one of the same name takes its place."""
        self._connectors[name] = status
        self._unknown[name] = unknown

    def add_stage(self, name: str, status: Callable[[], StageStatus]) -> None:
        """Show a stage from now on; a second one of the same name takes its place."""
        self._stages[name] = status

    def remove(self, name: str) -> None:
        """Show a connector or stage no longer."""
        self._connectors.pop(name, None)
        self._unknown.pop(name, None)
        self._stages.pop(name, None)

    def add_remarks(self, remarks: Callable[[], Sequence[str]]) -> None:
        """Show these sentences among the problems (what the journal had to put aside, say)."""
        self._remarks.append(remarks)

    def started(self) -> None:
        """Say that everything that was to be built is built and registered."""
        self._started = True

    async def run(self) -> None:
        """Measure the event loop's lag until cancelled: how late a short sleep ends."""
        while True:
            before_s = self._clock.monotonic_s()
            await self._clock.sleep(_PROBE_S)
            late_s = self._clock.monotonic_s() - before_s - _PROBE_S
            self._lags_s = [*self._lags_s[1 - _PROBES_KEPT :], max(0.0, late_s)]

    def health(self) -> Health:
        """Return the whole gateway's health now; the lag is the worst of the last ten seconds."""
        connectors = tuple(status() for status in self._connectors.values())
        stages = tuple(status() for status in self._stages.values())
        lag_s = max(self._lags_s, default=0.0)
        problems = [
            *(text for stage in stages for text in _stage_problems(stage)),
            *(text for connector in connectors for text in _connector_problems(connector)),
            *_lag_problems(lag_s),
            *(remark for remarks in self._remarks for remark in remarks()),
        ]
        return Health(
            time_ns=self._clock.now_ns(),
            ready=self._started and all(stage.state is StageState.WORKING for stage in stages),
            problems=tuple(problems),
            connectors=connectors,
            stages=stages,
            event_loop_lag_s=lag_s,
            memory_bytes=_memory_bytes(),
        )

    def connector(self, name: str) -> ConnectorStatus:
        """Return one connector; raises `NotFoundError`."""
        return _named(self._connectors, name, "connector")()

    def stage(self, name: str) -> StageStatus:
        """Return one stage; raises `NotFoundError`."""
        return _named(self._stages, name, "stage")()

    def unknown_sources(self, name: str) -> Sequence[UnknownSource]:
        """Return what sent a connector data without being configured; raises `NotFoundError`."""
        return _named(self._unknown, name, "connector")()


def _named(found: dict[str, Callable[[], _T]], name: str, what: str) -> Callable[[], _T]:
    if name not in found:
        msg = f"no {what} {name!r}; there are: {', '.join(sorted(found)) or 'none'}"
        raise NotFoundError(msg)
    return found[name]


def _stage_problems(stage: StageStatus) -> list[str]:
    since = _since(stage.since_ns)
    if stage.state is StageState.FAILING and stage.kind == "journal":
        return [
            f"The journal takes no samples since {since} ({stage.last_error}): free disk space in the data "
            "directory or repair the consumer that is behind; connectors wait and go on by themselves."
        ]
    if stage.state is StageState.FAILING and stage.kind == "notify":
        return [
            f"Nobody is notified since {since} ({stage.last_error}): see to the store; what happened meanwhile is "
            "told when it is back."
        ]
    if stage.state is StageState.FAILING:
        return [
            f"{stage.name} fails since {since} ({stage.last_error}): check that it can be reached and its "
            f"credentials; {stage.behind_rows} rows wait in the journal and are written when it is back."
        ]
    if stage.state is StageState.STOPPED:
        return [f"{stage.name} is stopped since {since}: restart the gateway."]
    if stage.behind_s > _BEHIND_S:
        return [
            f"{stage.name} is {stage.behind_s:.0f} s ({stage.behind_rows} rows) behind: it takes less than "
            "arrives; give it more resources or send less."
        ]
    return []


_ADVICE: Final = {
    ConnectorState.BACKING_OFF: (
        "cannot be reached",
        "check that the machine or broker is on and the network path is open",
    ),
    ConnectorState.REFUSED: (
        "refuses us",
        "check user name, password, certificate and rights on both sides",
    ),
    ConnectorState.HELD: (
        "is not being read",
        "see to the journal first; nothing acknowledged is lost",
    ),
    ConnectorState.STOPPED: ("is stopped", "restart the gateway"),
    ConnectorState.ENDED: ("has no more data", "nothing, if that was expected"),
}


def _connector_problems(status: ConnectorStatus) -> list[str]:
    problems = []
    if status.off:
        problems.append(
            f"{status.name} at {status.target} is switched off since {_since(status.since_ns)} ({status.off}): switch"
            " it on again on the connectors page; a reload or a restart does too."
        )
    elif status.state in _ADVICE:
        what, advice = _ADVICE[status.state]
        failed = status.state in (ConnectorState.BACKING_OFF, ConnectorState.REFUSED)
        why = f" ({status.last_error})" if failed and status.last_error else ""
        problems.append(
            f"{status.name} at {status.target} {what} since {_since(status.since_ns)}{why}: {advice}."
        )
    problems += [
        f"{trouble.signal_path} gets no data since {_since(trouble.since_ns)}: {trouble.source} of "
        f"{status.name} says {trouble.reason}; check the address in the configuration."
        for trouble in status.troubles[:5]
    ]
    if len(status.troubles) > 5:
        problems.append(f"{len(status.troubles) - 5} more sources of {status.name} do not deliver.")
    if status.figures.drops:
        problems.append(
            f"{status.name} dropped {status.figures.drops} rows because they came faster than they were taken: "
            "see the gaps, and read fewer signals or more slowly."
        )
    return problems


def _lag_problems(lag_s: float) -> list[str]:
    if lag_s <= _LAGGING_S:
        return []
    return [
        f"The gateway answers {lag_s:.1f} s late: its processor is overloaded, reduce the load."
    ]


def _since(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _memory_bytes() -> int:
    """Return the resident memory of this process in bytes, 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
