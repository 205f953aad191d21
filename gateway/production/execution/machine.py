"""What the signals of a machine say of it now: its mode, whether it is there, and what it counts."""

from __future__ import annotations

from typing import Final

import numpy as np

from gateway.model import DataType, Signal, SignalRole
from gateway.ports import Catalogue, LatestValues, Presence
from gateway.production.allocation.readiness import MachineFacts
from gateway.production.execution.machines import JobMachines
from gateway.production.model import Equipment
from gateway.quality import SEVERITY_BAD, severity

PRODUCTION: Final = 1
"""The unit mode of PackML in which a machine makes product."""


class MachineView:
    """Reads the newest values of machines by the roles of their signals."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        latest: LatestValues,
        presence: Presence,
        machines: JobMachines,
    ) -> None:
        self._catalogue, self._latest = catalogue, latest
        self._presence, self._machines = presence, machines
        self._known = -1
        self._by_machine: dict[str, list[tuple[int, Signal]]] = {}

    def takes(self, path: str) -> bool:
        """Say whether job orders are sent to the machine at a path."""
        return self._machines.takes(path)

    def counts(self, path: str) -> bool:
        """Say whether the machine at a path counts its own good pieces."""
        return any(
            each.role is SignalRole.GOOD_COUNT and each.data_type is not DataType.STRING
            for _, each in self._signals(path)
        )

    def facts(self, equipment: Equipment | None, *, down_until: str = "") -> MachineFacts:
        """Return what decides whether a machine is given work."""
        if equipment is None:
            return MachineFacts(equipment=None)
        if down_until:
            return MachineFacts(equipment=equipment, trouble=f"{equipment.id} is down {down_until}")
        path = equipment.path
        index, mode = next(
            ((i, s) for i, s in self._signals(path) if s.role is SignalRole.MODE), (-1, None)
        )
        away = index >= 0 and index in set(self._presence.absent().tolist())
        if self._machines.takes(path) and (away or not self._presence.readers(path)):
            return MachineFacts(equipment=equipment, trouble=f"{equipment.id} is not connected")
        if mode is None or away:
            return MachineFacts(equipment=equipment)
        rows = self._latest.latest().rows
        mine = np.flatnonzero(rows.signal == index)
        if len(mine) == 0 or severity(rows.quality[mine])[-1] >= SEVERITY_BAD:
            return MachineFacts(equipment=equipment)
        number = float(rows.value[mine[-1]])
        words = dict(mode.labels)
        word = words.get(round(number), f"{number:g}") if np.isfinite(number) else "unknown"
        return MachineFacts(equipment=equipment, mode=word, may_produce=number == PRODUCTION)

    def _signals(self, path: str) -> list[tuple[int, Signal]]:
        if self._known != len(self._catalogue):
            self._by_machine = {}
            for index, each in enumerate(self._catalogue.all()):
                self._by_machine.setdefault(each.machine, []).append((index, each))
            self._known = len(self._catalogue)
        return self._by_machine.get(path, []) if path else []
