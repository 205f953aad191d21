"""The selections of this process: one a target at a time, each used once. A restart forgets them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.access.port import Identity
from gateway.clock import Clock
from gateway.command import Operation
from gateway.control.values import Command
from gateway.errors import ConflictError


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One selection: the digest of its nonce, and the session that alone may use it."""

    command: Command
    operation: Operation
    nonce: str
    credential: str
    by: str
    until_s: float


class Claim:
    """Keeps the targets of a command for one caller; `keep` turns it into a selection."""

    def __init__(self) -> None:
        self.held: Held | None = None

    def keep(self, held: Held) -> None:
        """Hold the targets beyond this block."""
        self.held = held


class HeldSelections:
    """Who holds which signal, from selection to the end of its read-back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._targets: dict[str, Held | None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def taken(self, command: Command, by: Identity) -> list[ConflictError]:
        """Return who else holds a target of a command now."""
        self._forget_late()
        for path in command.parameters:
            if path not in self._targets:
                continue
            holder = self._targets[path]
            if holder is None:
                return [ConflictError(f"{path} is being selected at this moment")]
            if holder.operation.id not in self._held:
                return [ConflictError(f"{holder.by} operates {path} at this moment")]
            if holder.credential != by.credential or holder.by != by.name:
                return [ConflictError(f"{holder.by} has selected {path}")]
        return []

    @contextmanager
    def claim(self, command: Command) -> Iterator[Claim]:
        """Keep every target of a command while its selection is made; raises `ConflictError` where one is taken."""
        self._forget_late()
        for path in command.parameters:
            if path in self._targets:
                holder = self._targets[path]
                who = holder.by if holder is not None else "somebody"
                raise ConflictError(f"{who} has selected {path}: try again in a moment")
        claim = Claim()
        self._targets.update(dict.fromkeys(command.parameters))
        try:
            yield claim
        finally:
            for path in command.parameters:
                del self._targets[path]
            if claim.held is not None:
                self._held[claim.held.operation.id] = claim.held
                self._targets.update(dict.fromkeys(command.parameters, claim.held))

    def get(self, operation_id: str) -> Held | None:
        """Return a selection that is not used yet."""
        return self._held.get(operation_id)

    def of_session(self, command: Command, by: Identity) -> list[Held]:
        """Return what one session has selected of a command's targets and not used yet."""
        found = {
            holder.operation.id: holder
            for path in command.parameters
            if (holder := self._targets.get(path)) is not None
            and holder.operation.id in self._held
            and (holder.credential, holder.by) == (by.credential, by.name)
        }
        return list(found.values())

    def take(self, operation_id: str) -> Held:
        """Use a selection up; its targets stay held until `release`."""
        return self._held.pop(operation_id)

    def release(self, held: Held) -> None:
        """Let go of the targets of a selection."""
        for path in held.command.parameters:
            if self._targets.get(path) is held:
                del self._targets[path]

    def drop(self, operation_id: str) -> None:
        """Forget a selection that is not used, if there is one."""
        held = self._held.pop(operation_id, None)
        if held is not None:
            self.release(held)

    def _forget_late(self) -> None:
        now_s = self._clock.monotonic_s()
        for held in [each for each in self._held.values() if each.until_s <= now_s]:
            self.drop(held.operation.id)
