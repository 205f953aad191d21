"""A moving plant of six machines for work on the page: states, speeds, counters, values, texts and troubles."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.clock import NS_PER_S
from gateway.deviation import EvidenceSeries, Issue, IssueState, IssueType, RuleStatus, Severity
from gateway.model import (
    DataType,
    DeadLetter,
    Gap,
    GapState,
    SampleBatch,
    SideValue,
    Signal,
    SignalKind,
    SignalRole,
)
from gateway.quality import BAD_NO_COMMUNICATION, UNCERTAIN_LAST_USABLE_VALUE
from tests.peers.web_demo_alarms import fill
from tests.peers.web_demo_health import demo_health, demo_unknown
from tests.peers.web_services import MemoryPlant

STATES = (
    (1, "Clearing"),
    (2, "Stopped"),
    (3, "Starting"),
    (4, "Idle"),
    (5, "Suspended"),
    (6, "Execute"),
    (9, "Aborted"),
    (11, "Held"),
)
MODES = ((1, "Production"), (2, "Maintenance"), (3, "Manual"))
MACHINES = (
    ("plant/bottling/line1/rinser", "pressure", "bar", 3.2, 0.0, 6.0),
    ("plant/bottling/line1/filler", "fill_weight", "g", 500.0, 480.0, 520.0),
    ("plant/bottling/line1/capper", "torque", "Nm", 1.6, 0.0, 3.0),
    ("plant/bottling/line1/labeller", "label_offset", "mm", 0.1, -2.0, 2.0),
    ("plant/bottling/line1/packer", "temperature", "°C", 41.0, 0.0, 90.0),
    ("plant/machining/cell1/mill", "spindle_load", "%", 62.0, 0.0, 120.0),
)
REASONS = ("Guard open", "Jam at infeed", "Waiting for material", "Cap hopper empty")


@dataclass
class _Machine:
    path: str
    signals: dict[str, int]
    centre: float
    spread: float
    state: int = 6
    good: float = 41_000.0
    reject: float = 120.0
    reason: str = ""


def _signals(path: str, name: str, unit: str, low: float, high: float) -> Iterator[Signal]:
    role, kind, data = SignalRole, SignalKind, DataType
    yield Signal(
        path=f"{path}/state",
        kind=kind.STATE,
        data_type=data.ENUM,
        role=role.STATE,
        labels=STATES,
        decimals=0,
        description="PackML state",
    )
    yield Signal(
        path=f"{path}/mode",
        kind=kind.STATE,
        data_type=data.ENUM,
        role=role.MODE,
        labels=MODES,
        decimals=0,
        description="PackML mode",
        stale_after_s=3600,
    )
    for count in (role.GOOD_COUNT, role.REJECT_COUNT):
        yield Signal(
            path=f"{path}/{count.value}",
            kind=kind.COUNTER,
            data_type=data.INTEGER,
            role=count,
            unit="pcs",
            decimals=0,
            counter_bits=32,
        )
    yield Signal(path=f"{path}/speed", role=role.SPEED, unit="1/min", low=0, high=140, decimals=0)
    yield Signal(
        path=f"{path}/target_speed",
        kind=kind.SETPOINT,
        role=role.TARGET_SPEED,
        unit="1/min",
        low=0,
        high=140,
        decimals=0,
        stale_after_s=3600,
    )
    yield Signal(path=f"{path}/cycle_time", role=role.CYCLE_TIME, unit="s", low=0, high=5)
    yield Signal(
        path=f"{path}/stop_reason",
        kind=kind.EVENT,
        data_type=data.STRING,
        role=role.STOP_REASON,
        description="Why it stands",
        stale_after_s=3600,
    )
    yield Signal(
        path=f"{path}/{name}",
        role=role.KEY_VALUE,
        unit=unit,
        low=low,
        high=high,
        owner="quality",
        description=f"{name.replace('_', ' ')} of each piece",
    )
    for axis in ("x", "y", "z"):
        yield Signal(path=f"{path}/vibration_{axis}", unit="mm/s", low=0, high=12)
    yield Signal(path=f"{path}/spectrum", data_type=data.ARRAY, unit="mm/s")
    yield Signal(
        path=f"{path}/door_open",
        kind=kind.STATE,
        data_type=data.BOOLEAN,
        decimals=0,
        labels=((0, "closed"), (1, "open")),
    )


class DemoPlant:
    """Fills the ports of a memory plant, with some minutes of past, and keeps them moving."""

    def __init__(self, plant: MemoryPlant, *, seed: int = 7) -> None:
        self.plant = plant
        self._random = random.Random(seed)
        self._machines: list[_Machine] = []
        self._tick = 0
        self._started_ns = plant.clock.now_ns()

    def prepare(self, *, past_s: int = 900) -> None:
        """Register signals and write the past, a row each second."""
        for path, name, unit, centre, low, high in MACHINES:
            listed = list(_signals(path, name, unit, low, high))
            index = self.plant.catalogue.register(listed).tolist()
            held = {each.name: at for each, at in zip(listed, index, strict=True)}
            held["key"] = held[name]
            self._machines.append(_Machine(path, held, centre, (high - low) / 60))
        now_ns = self.plant.clock.now_ns()
        for second in range(past_s, 0, -1):
            self._step(now_ns - second * NS_PER_S, every=1)
        self._first_issues(now_ns)
        self._rules()
        self._losses(now_ns)
        fill(self.plant.alarms, now_ns=now_ns)
        self._health()

    async def run(self) -> None:
        """Move the plant ten times a second until cancelled."""
        while True:
            await asyncio.sleep(0.1)
            self._tick += 1
            self._step(self.plant.clock.now_ns(), every=10)
            if self._tick % 10 == 0:
                self._health()
            if self._tick % 300 == 0:
                self._new_issue(self.plant.clock.now_ns())

    def _step(self, now_ns: int, *, every: int) -> None:
        rows: list[tuple[int, float, int]] = []
        side: dict[int, SideValue] = {}
        slow = self._tick % every == 0
        for number, machine in enumerate(self._machines):
            if slow:
                self._change_state(machine)
            self._fast_rows(machine, number, now_ns, rows)
            if slow:
                self._slow_rows(machine, number, rows, side)
        self.plant.store.append(
            SampleBatch.of(
                signal=[row[0] for row in rows],
                source_ns=[now_ns] * len(rows),
                received_ns=now_ns + 4_000_000,
                value=[row[1] for row in rows],
                quality=[row[2] for row in rows],
                side=side,
            )
        )

    def _change_state(self, machine: _Machine) -> None:
        if machine.state == 6 and self._random.random() < 0.02:
            machine.state = self._random.choice((5, 9, 11, 2))
            machine.reason = self._random.choice(REASONS)
        elif machine.state != 6 and self._random.random() < 0.15:
            machine.state, machine.reason = 6, ""
        if machine.state == 6:
            machine.good = (machine.good + self._random.randint(1, 3)) % 2**32
            machine.reject += self._random.random() < 0.03

    def _fast_rows(
        self, machine: _Machine, number: int, now_ns: int, rows: list[tuple[int, float, int]]
    ) -> None:
        seconds = now_ns / NS_PER_S
        drift = 6 * machine.spread * max(0.0, math.sin(seconds / 90 + number))
        key = machine.centre + drift + self._random.gauss(0, machine.spread)
        quality = UNCERTAIN_LAST_USABLE_VALUE if number == 3 and int(seconds) % 60 < 8 else 0
        rows.append((machine.signals["key"], key, quality))
        running = machine.state == 6
        speed = self._random.gauss(118, 2) if running else 0.0
        rows.append((machine.signals["speed"], speed, 0))
        for phase, axis in enumerate("xyz"):
            value = abs(3 * math.sin(seconds * 1.3 + phase) + self._random.gauss(0, 0.4)) * running
            rows.append((machine.signals[f"vibration_{axis}"], value, 0))

    def _slow_rows(
        self,
        machine: _Machine,
        number: int,
        rows: list[tuple[int, float, int]],
        side: dict[int, SideValue],
    ) -> None:
        held = machine.signals
        rows.append((held["state"], float(machine.state), 0))
        rows.append((held["mode"], 1.0, 0))
        rows.append((held["good_count"], machine.good, 0))
        rows.append((held["reject_count"], float(machine.reject), 0))
        rows.append((held["target_speed"], 120.0, 0))
        rows.append((held["cycle_time"], 0.5 + self._random.gauss(0, 0.01), 0))
        broken = number == 5 and self._tick // 100 % 3 == 1
        rows.append(
            (
                held["door_open"],
                math.nan if broken else float(machine.reason == REASONS[0]),
                BAD_NO_COMMUNICATION if broken else 0,
            )
        )
        side[len(rows)] = machine.reason
        rows.append((held["stop_reason"], math.nan, 0))
        side[len(rows)] = tuple(round(abs(self._random.gauss(0, 1)), 3) for _ in range(8))
        rows.append((held["spectrum"], math.nan, 0))

    def _new_issue(self, now_ns: int, *, age_s: int = 3) -> Issue:
        number = len(self.plant.issues.issues) + 1
        machine = self._machines[number % len(self._machines)]
        signal = self.plant.catalogue.signal(machine.signals["key"])
        onset = now_ns - age_s * NS_PER_S
        limit = round(machine.centre + 5 * machine.spread, 2)
        times = [onset + step * NS_PER_S for step in range(-60, 31)]
        values = [
            machine.centre + max(0, step + 60) * machine.spread / 12 for step in range(-60, 31)
        ]
        issue = Issue(
            number=number,
            state=IssueState.OPEN,
            title=f"{signal.name.replace('_', ' ').capitalize()} above its limit on {machine.path.split('/')[-1]}",
            severity=tuple(Severity)[number % 4],
            type=(IssueType.QUALITY, IssueType.THROUGHPUT, IssueType.DATA)[number % 3],
            cause=f"{signal.name}_high:{machine.path}:{number}",
            rule=f"{signal.name}_high",
            rule_version="a1b2c3",
            asset=machine.path,
            signal=signal.path,
            onset_ns=onset,
            opened_ns=onset + 3 * NS_PER_S,
            active=number % 3 != 0,
            cleared_ns=None if number % 3 else onset + 20 * NS_PER_S,
            closed_ns=None,
            occurrences=1 + number % 3,
            value=round(limit + machine.spread, 2),
            limits={"high": limit},
            explanation=f"{limit + machine.spread:.2f} {signal.unit} has been above {limit} {signal.unit} for 3 s.",
            evidence=(
                EvidenceSeries(
                    path=signal.path,
                    unit=signal.unit,
                    time_ns=times,
                    value=values,
                    quality=[0] * len(times),
                ),
            ),
        )
        self.plant.issues.record(issue, "opened", f"rule {issue.rule}")
        return issue

    def _first_issues(self, now_ns: int) -> None:
        for age_s in (900, 700, 400, 200, 60):
            issue = self._new_issue(now_ns, age_s=age_s)
            if issue.number == 1:
                closed = replace(issue, state=IssueState.CLOSED, active=False, closed_ns=now_ns)
                self.plant.issues.record(closed, "closed", "local", {"reason": "Valve replaced"})
            if issue.number == 3:
                taken = replace(issue, state=IssueState.TRIAGE)
                self.plant.issues.record(taken, "acknowledged", "local", {"note": "On my way"})
                self.plant.issues.record(taken, "commented", "local", {"text": "Sensor cleaned"})

    def _rules(self) -> None:
        for machine in self._machines:
            signal = self.plant.catalogue.signal(machine.signals["key"])
            self.plant.rules.listed.append(
                RuleStatus(
                    id=f"{signal.name}_high",
                    type="limit",
                    version="a1b2c3",
                    title=f"{signal.name.replace('_', ' ').capitalize()} above its limit",
                    severity=Severity.P2,
                    issue_type=IssueType.QUALITY,
                    signals=(signal.path,),
                    active=0,
                    enabled=machine is not self._machines[-1],
                    error="" if machine is not self._machines[-1] else "window larger than 1 h",
                    settings={"high": machine.centre + 5 * machine.spread, "on_delay_s": 3.0},
                )
            )

    def _losses(self, now_ns: int) -> None:
        key = self._machines[1].signals["key"]
        states = (GapState.LOST, GapState.BACKFILLED, GapState.REPUBLISHED, GapState.OPEN)
        for number, state in enumerate(states, 1):
            start = now_ns - (700 - 150 * number) * NS_PER_S
            end = None if state is GapState.OPEN else start + 12 * NS_PER_S
            index = key if state is not GapState.OPEN else self._machines[5].signals["door_open"]
            self.plant.ledger.gap_list.append(
                Gap(
                    signal=index,
                    start_ns=start,
                    end_ns=end,
                    state=state,
                    cause="connection lost",
                    id=number,
                )
            )
        for number, payload in enumerate((b'{"v": "x"}', b"\xff\xfe\x00broken", b"=1+1"), 1):
            self.plant.ledger.letters.append(
                DeadLetter(
                    time_ns=now_ns - number * 60 * NS_PER_S,
                    connector="sensors",
                    source=f"plant/room/{number}/temperature",
                    reason="value is not a number",
                    payload=payload,
                    payload_size=len(payload),
                    id=number,
                )
            )

    def _health(self) -> None:
        times = (self._tick, self._started_ns, self.plant.clock.now_ns())
        self.plant.health.unknown["sensors"] = demo_unknown(*times)
        self.plant.health.now = demo_health(*times)
