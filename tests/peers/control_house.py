"""A control guard on a real store and audit, over a machine that a test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.actuator import Actuator, Order
from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Wanted
from gateway.clock import Clock, ManualClock
from gateway.command import Operation, Present, Selection, Value
from gateway.control.guard import ControlGuard
from gateway.control.locks import Locks
from gateway.control.options import ControlOptions
from gateway.control.present import Presents
from gateway.errors import NotConnectedError, NotSentError, TaktlineError
from gateway.model import DataType, SampleBatch, Signal
from gateway.store import Store
from tests.peers.audit import SwitchedAudit
from tests.peers.web_memory import MemoryCatalogue, MemoryPresence, MemoryStore

MACHINE = "plant/bottling/line1/filler"
SPEED, STATE, MODE, TEMP = (f"{MACHINE}/{name}" for name in ("speed", "state", "mode", "temp"))
COMMANDS: dict[str, Any] = {
    "speed": {
        "title": "Target speed",
        "kind": "setpoint",
        "machine": MACHINE,
        "parameters": [
            {
                "signal": "speed",
                "low": 60,
                "high": 130,
                "max_step": 30,
                "reason_above": 15,
                "tolerance": 0.5,
            }
        ],
        "interlocks": [{"name": "production", "when": "mode == 1 and temp < 70"}],
        "rate_per_min": 3,
        "read_back": {"within_s": 2},
    },
    "packml": {
        "title": "Machine",
        "kind": "command",
        "machine": MACHINE,
        "parameters": [{"signal": "command"}],
        "choices": {2: "Start", 4: "Hold"},
        "roles": ["supervisor"],
        "read_back": {"signal": "state", "expect": {2: [3, 6], 4: [10, 11]}, "within_s": 2},
    },
    "recipe": {
        "title": "Recipe",
        "kind": "recipe",
        "machine": MACHINE,
        "parameters": [
            {"signal": "speed", "low": 60, "high": 130},
            {"signal": "fill", "low": 100, "high": 1000},
        ],
        "recipes": {"cola": {"speed": 110, "fill": 500}, "water": {"speed": 120, "fill": 750}},
        "approval": "second_person",
        "read_back": {"within_s": 1},
    },
}

RECIPE: dict[str, Value] = {"speed": 110, "fill": 500}


@dataclass
class PlayedMachine:
    """Implements `Actuator` and `Actuators`: takes what it is sent, unless a test says otherwise."""

    values: dict[str, Value] = field(default_factory=dict)
    sent: list[Order] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    connected: bool = True
    answer: Exception | None = None
    deaf: bool = False
    hold: asyncio.Event | None = None
    effect: Callable[[Order], None] | None = None
    unfit: TaktlineError | None = None
    asked: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    silent: frozenset[str] = frozenset()

    def writer(self, path: str) -> Actuator | None:
        return self if self.connected and path in self.writes() else None

    def reader(self, path: str) -> Actuator | None:
        return self if self.connected and path in self.reads() else None

    def writes(self) -> Collection[str]:
        return {*self.values, f"{MACHINE}/command"}

    def reads(self) -> Collection[str]:
        return set(self.values) - self.silent

    async def ask(self, paths: Sequence[str]) -> Mapping[str, Present]:
        self.asked += 1
        if not self.connected:
            raise NotConnectedError("gone")
        return {
            path: Present(value=self.values[path], age_s=0.0, problem=self.problems.get(path, ""))
            for path in paths
        }

    async def check(self, order: Order) -> None:
        if self.unfit is not None:
            raise self.unfit

    async def carry_out(self, order: Order) -> str:
        if not self.connected:
            raise NotSentError("there is no connection")
        self.sent.append(order)
        self.heard.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.effect is not None:
            self.effect(order)
        elif not self.deaf:
            self.values.update(
                {path: value for path, value in order.values.items() if path in self.values}
            )
        if self.answer is not None:
            raise self.answer
        return "Good"


def person(name: str, *roles: Role, zone: str = "", session: str = "") -> Identity:
    """Return somebody with these roles and a session of their own."""
    grants = tuple(Grant(role, zone) for role in roles or (Role.OPERATOR,))
    return Identity(
        name=name, kind="person", grants=grants, credential=session or f"session-{name}"
    )


ANNA, BEN = person("anna"), person("ben")
CHIEF = person("chief", Role.SUPERVISOR)
SECOND = person("second", Role.PRODUCTION_MANAGER)


@dataclass
class ControlHouse:
    """The guard, and everything it stands on."""

    guard: ControlGuard
    machine: PlayedMachine
    store: Store
    audit: SwitchedAudit
    locks: Locks
    clock: Any
    folder: Path
    latest: MemoryStore
    catalogue: MemoryCatalogue
    presence: MemoryPresence
    options: ControlOptions

    async def acts(self) -> list[tuple[str, str, str]]:
        """Who did what with which outcome, oldest first."""
        found = await self.audit.search(Wanted(limit=1000))
        return [(e.entry.actor, e.entry.action, e.entry.outcome.value) for e in reversed(found)]

    def row(self, path: str, value: float, *, quality: int = 0) -> None:
        """Let a value arrive by itself."""
        now_ns = self.clock.now_ns()
        batch = SampleBatch.of(
            signal=[self.catalogue.index(path)],
            source_ns=[now_ns],
            value=[value],
            received_ns=now_ns,
            quality=quality,
        )
        self.latest.append(batch)

    async def select(
        self, value: float = 110, by: Identity | None = None, **more: Any
    ) -> Selection:
        """Select a speed."""
        who = by or ANNA
        return await self.guard.select("speed", {"speed": value}, by=who, **{"reason": "", **more})

    async def operate(self, made: Selection, by: Identity | None = None, **more: Any) -> Operation:
        """Operate a selection as the page does: with the present value it showed."""
        given = {"nonce": made.nonce, "expected": made.operation.present, **more}
        return await self.guard.operate(made.operation.id, by=by or ANNA, **given)

    def reopened(self, store: Store) -> ControlGuard:
        """Return a guard as another start of the gateway would make it."""
        return _guard(self, store)


async def refused(
    house: ControlHouse, coroutine: Awaitable[object], kind: type[Exception], *words: str
) -> None:
    """Hold a refusal to its class and words, and see that it is in the audit and nothing was sent."""
    with pytest.raises(kind) as caught:
        await coroutine
    for word in words:
        assert word in str(caught.value), caught.value
    assert (await house.acts())[-1][2] == "refused"
    assert house.machine.sent == []


def _guard(house: ControlHouse, store: Store) -> ControlGuard:
    return ControlGuard(
        house.options,
        store=store,
        audit=house.audit,
        presents=Presents(
            catalogue=house.catalogue,
            latest=house.latest,
            presence=house.presence,
            actuators=house.machine,
            clock=house.clock,
        ),
        actuators=house.machine,
        locks=house.locks,
        clock=house.clock,
    )


@asynccontextmanager
async def control_house(
    folder: Path,
    *,
    url: str = "",
    clock: Clock | None = None,
    commands: Mapping[str, Any] | None = None,
) -> AsyncIterator[ControlHouse]:
    """Open it on SQLite, or on the database of a URL."""
    clock = clock or ManualClock()
    store = await Store.open(url or f"sqlite:///{folder}/control.db")
    key = InstallKey.create(folder / "keys" / "install.key")
    audit = SwitchedAudit(AuditLog(store, key=key, clock=clock))
    options = ControlOptions.model_validate({"commands": commands or COMMANDS})
    catalogue, latest, presence = MemoryCatalogue(), MemoryStore(), MemoryPresence()
    signals = [Signal(path=path, unit="1/min") for path in (SPEED, TEMP, f"{MACHINE}/fill")]
    signals += [Signal(path=path, data_type=DataType.ENUM) for path in (STATE, MODE)]
    catalogue.register(signals)
    values: dict[str, Value] = {
        SPEED: 120.0,
        TEMP: 50.0,
        f"{MACHINE}/fill": 500.0,
        STATE: 6,
        MODE: 1,
    }
    machine = PlayedMachine(values=values)
    locks = Locks(store, off_file=folder / "control-off", clock=clock)
    house = ControlHouse(
        None, machine, store, audit, locks, clock, folder, latest, catalogue, presence, options  # type: ignore[arg-type]  # set in the next line
    )  # fmt: skip
    house.guard = await _guard(house, store).open()
    try:
        yield house
    finally:
        await house.guard.close()
        await store.close()
