"""Everything that may speak against a command, in the order in which it is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.actuator import Actuators
from gateway.clock import Clock
from gateway.command import InterlockView, Present
from gateway.control.interlock import blocks, signals
from gateway.control.locks import Locks
from gateway.control.options import Source
from gateway.control.present import Presents
from gateway.control.values import Command
from gateway.errors import ConflictError, ForbiddenError, TaktlineError

PERSON: Final = "person"
_MINUTE_S: Final = 60.0
_SOURCES: Final = {each.value: each for each in Source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the machine and its interlocks showed at one moment."""

    present: Mapping[str, Present]
    interlocks: tuple[InterlockView, ...]

    def problems(self, command: Command) -> list[TaktlineError]:
        """Return why these values allow nothing."""
        unknown = [
            ConflictError(f"{path} {self.present[path].problem}: its present value must be known")
            for path in command.watched
            if self.present[path].problem
        ]
        closed = [
            ConflictError(f"interlock {each.name!r}: {each.problem}")
            for each in self.interlocks
            if each.problem
        ]
        return [*unknown, *closed]


class Checks:
    """Who may, whether anything is locked, how often, and what the machine says."""

    def __init__(
        self, *, locks: Locks, presents: Presents, actuators: Actuators, clock: Clock
    ) -> None:
        self._locks = locks
        self._presents = presents
        self._actuators = actuators
        self._clock = clock
        self._sent: dict[str, deque[float]] = {}

    def standing(self, command: Command, by: Identity) -> list[TaktlineError]:
        """Return what speaks against it before anything is asked of the machine."""
        return [
            *self.person(command, by),
            *self.locked(command),
            *self._reached(command),
            *self._rate(command),
        ]

    def person(self, command: Command, by: Identity) -> list[TaktlineError]:
        """Return why somebody may not ask for it, whenever."""
        options, machine = command.options, command.machine
        right = Right.JOB_APPROVE if command.is_job else Right.SETPOINT_PROPOSE
        if not by.may(right, machine):
            return [ForbiddenError(f"this takes the right {right} for {machine}")]
        if by.kind != PERSON:
            source = _SOURCES.get(by.kind)
            if source is None or source not in options.automatic:
                return [
                    ForbiddenError(f"{by.name} is no person and may only propose {options.title!r}")
                ]
            return []
        covered = {grant.role for grant in by.grants if grant.covers(machine)}
        if options.roles and not covered & set(options.roles):
            wanted = " or ".join(options.roles)
            return [ForbiddenError(f"{options.title!r} is for {wanted} of {machine}")]
        return []

    def locked(self, command: Command) -> list[TaktlineError]:
        """Return kill switch or lock-out; asks nobody, so that it can be looked at right before sending."""
        why = self._locks.why_not(command.machine)
        return [ConflictError(why)] if why else []

    def _reached(self, command: Command) -> list[TaktlineError]:
        away = [path for path in command.parameters if self._actuators.writer(path) is None]
        return (
            [ConflictError(f"{away[0]} cannot be written: its machine is not connected")]
            if away
            else []
        )

    def _rate(self, command: Command) -> list[TaktlineError]:
        now_s, most = self._clock.monotonic_s(), command.options.rate_per_min
        recent = self._sent.get(command.name, deque())
        while recent and now_s - recent[0] >= _MINUTE_S:
            recent.popleft()
        if len(recent) < most:
            return []
        wait_s = _MINUTE_S - (now_s - recent[0])
        return [
            ConflictError(f"sent {most} times within a minute; possible again in {wait_s:.0f} s")
        ]

    def count(self, command: str, *, ago_s: float = 0.0) -> None:
        """Count one that is sent, or was sent some seconds ago."""
        self._sent.setdefault(command, deque()).append(self._clock.monotonic_s() - ago_s)

    async def ask(self, command: Command) -> Seen:
        """Ask the machine for everything that decides."""
        return self._seen(command, await self._presents.ask(_wanted(command)))

    def glance(self, command: Command) -> Seen:
        """Return what is known of it without asking."""
        return self._seen(command, self._presents.glance(_wanted(command)))

    def _seen(self, command: Command, present: Mapping[str, Present]) -> Seen:
        interlocks = tuple(
            InterlockView(name=each.name, when=each.when, problem=blocks(each.expression, present))
            for each in command.interlocks
        )
        return Seen(present=present, interlocks=interlocks)


def _wanted(command: Command) -> dict[str, float]:
    """Return every signal that decides with its greatest age; where two ask, the stricter one counts."""
    max_age_s = command.options.read_back.max_age_s
    wanted = dict.fromkeys(command.watched, max_age_s)
    for each in command.interlocks:
        for path in signals(each.expression):
            wanted[path] = min(each.max_age_s, wanted.get(path, each.max_age_s))
    return wanted


def raise_first(problems: Sequence[TaktlineError]) -> None:
    """Raise the first of some reasons, if there is one."""
    if problems:
        raise problems[0]
