"""From the audit to the outcome: the only place from which an order leaves for a machine."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from gateway.access.port import Identity
from gateway.actuator import Actuators, Order
from gateway.audit.port import Outcome
from gateway.clock import Clock
from gateway.command import Operation, OperationState, Present
from gateway.control.book import GATEWAY, Book
from gateway.control.checks import Checks
from gateway.control.present import Presents
from gateway.control.values import Command, alike, confirms, plain
from gateway.errors import (
    CommandRefusedError,
    ConflictError,
    NotConnectedError,
    NotSentError,
    StorageError,
    TaktlineError,
)
from gateway.failpoint import failpoint

_log = logging.getLogger(__name__)
SEND_S: Final = 15.0
"""A machine that has not answered by then leaves the outcome unknown."""

NOT_SENT: Final = "not sent: "
REFUSED: Final = "the machine refused: "
"""How the explanation of a failed operation begins, by what became of it."""

_LOOK_EVERY_S: Final = 0.05
_CLOSE_S: Final = 5.0
_OUTCOMES: Final[Mapping[OperationState, Outcome]] = {
    OperationState.OK: Outcome.OK,
    OperationState.FAILED: Outcome.FAILED,
    OperationState.UNKNOWN: Outcome.UNKNOWN,
}
Result = tuple[OperationState, str]


class Sending:
    """Carries operations out, each in a task of its own that nobody can call back once it is sent."""

    def __init__(
        self, book: Book, *, presents: Presents, actuators: Actuators, checks: Checks, clock: Clock
    ) -> None:
        self._book = book
        self._presents = presents
        self._actuators = actuators
        self._checks = checks
        self._clock = clock
        self._tasks: set[asyncio.Task[Operation]] = set()
        self._unwritten: dict[str, tuple[Operation, Result]] = {}
        self._counts: Counter[OperationState] = Counter()

    @property
    def trouble(self) -> str:
        """Say which outcomes could not be written down yet, "" where all are."""
        waiting = len(self._unwritten)
        return f"{waiting} outcomes wait for the store" if waiting else ""

    def figures(self) -> dict[str, float]:
        """Return how many ended how since the start, and how many are under way."""
        return {state.value: float(self._counts[state]) for state in _OUTCOMES} | {
            "sending": float(len(self._tasks))
        }

    async def start(
        self, command: Command, made: Operation, *, by: Identity, after: Callable[[], None]
    ) -> Operation:
        """Carry an operation out and return it with its outcome; a caller that is cancelled does not stop it."""
        task = asyncio.create_task(self._carry_out(command, made, by), name=f"control {made.id}")
        self._tasks.add(task)

        def ended(done: asyncio.Task[Operation]) -> None:
            self._tasks.discard(done)
            after()
            if not done.cancelled() and (error := done.exception()) is not None:
                # Whoever asked hears it too, unless they went away.
                _log.warning("operation %s: %s", made.id, error)

        task.add_done_callback(ended)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give what is under way a few seconds; what does not end by then is unknown to the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def give_up(self, made: Operation, why: str) -> None:
        """End an operation that was not sent; what the store does not take is ended by `expired` or a restart."""
        try:
            await self._book.move(
                made, OperationState.CANCELLED, by=GATEWAY, explanation=f"not sent: {why}"
            )
        except (StorageError, NotConnectedError, ConflictError) as error:
            _log.warning("operation %s was not sent, and stays open for now: %s", made.id, error)

    async def write_down(self) -> None:
        """Try again to keep outcomes that the store did not take; nothing is sent."""
        for made, result in list(self._unwritten.values()):
            await self._settle(made, result)

    async def _carry_out(self, command: Command, made: Operation, by: Identity) -> Operation:
        # 1. The audit holds who does what, or nothing happens.
        try:
            await self._book.note("operate", made, by=by.name, kind=by.kind)
        except TaktlineError as error:
            await self.give_up(made, str(error))
            raise
        failpoint("control.after_audit")
        # 2. From here on a restart finds that it may have been sent.
        try:
            sending = await self._book.move(
                made, OperationState.SENDING, by=by.name, sent_ns=self._clock.now_ns()
            )
        except TaktlineError as error:
            await self.give_up(made, str(error))
            raise
        self._checks.count(command.name)
        failpoint("control.before_write")
        # 3. The order leaves, once. 4. The machine shows what it did.
        result = await self._send(command, sending)
        failpoint("control.before_outcome")
        # 5. What became of it, in the store and in the audit.
        return await self._settle(sending, result)

    async def _send(self, command: Command, made: Operation) -> Result:
        order = Order(id=made.id, values=made.values, expires_ns=made.expires_ns or 0)
        writer = self._actuators.writer(next(iter(command.parameters)))
        # Nothing is awaited between this look and the order: a switch thrown meanwhile still counts.
        problems = [str(each) for each in self._checks.locked(command)]
        if writer is None:
            problems.append("its machine is not connected")
        if self._clock.now_ns() >= order.expires_ns:
            problems.append("the selection ran out")
        if problems or writer is None:
            return OperationState.FAILED, f"{NOT_SENT}{problems[0]}"
        try:
            async with asyncio.timeout(SEND_S):
                said = await writer.carry_out(order)
        except NotSentError as error:
            return OperationState.FAILED, f"{NOT_SENT}{error}"
        except CommandRefusedError as error:
            return OperationState.FAILED, f"{REFUSED}{error}"
        except Exception as error:  # noqa: BLE001 - whatever it was, the order may have arrived: that is unknown, never retried
            if not isinstance(error, TaktlineError | TimeoutError):
                _log.exception("operation %s", made.id)
            shown = _told(await self._shown(command, made))
            why = str(error) or f"no answer within {SEND_S:g} s"
            return OperationState.UNKNOWN, f"{why}; {shown}. Look at the machine."
        failpoint("control.after_write")
        return await self._confirm(command, made, said)

    async def _confirm(self, command: Command, made: Operation, said: str) -> Result:
        """Look until the machine shows what was asked, or its time is over."""
        within_s = command.options.read_back.within_s
        until_s = self._clock.monotonic_s() + within_s
        while True:
            shown = await self._shown(command, made)
            if self._is_confirmed(command, made, shown):
                return OperationState.OK, f"{said}; {_told(shown)}"
            if self._clock.monotonic_s() >= until_s:
                break
            await self._clock.sleep(_LOOK_EVERY_S)
        unknown = any(each.problem for each in shown.values())
        told = f"{said}, but after {within_s:g} s {_told(shown)}"
        if unknown:
            return OperationState.UNKNOWN, f"{told}. Look at the machine."
        return OperationState.FAILED, told

    async def _shown(self, command: Command, made: Operation) -> dict[str, Present]:
        """Return what the machine shows of the effect, received after the order was sent."""
        paths = list(command.watched)
        correlation = command.options.read_back.correlation
        if correlation is not None:
            paths.append(command.options.path(correlation))
        return await self._presents.after(paths, after_ns=made.sent_ns or made.changed_ns)

    def _is_confirmed(
        self, command: Command, made: Operation, shown: Mapping[str, Present]
    ) -> bool:
        if any(each.problem for each in shown.values()):
            return False
        correlation = command.options.read_back.correlation
        if correlation is not None and not alike(
            shown[command.options.path(correlation)].value, made.id, 0.0
        ):
            return False
        return all(
            confirms(command, path, value, shown[command.shown_by(path)].value)
            for path, value in made.values.items()
        )

    async def _settle(self, made: Operation, result: Result) -> Operation:
        state, why = result
        try:
            moved = await self._book.move(made, state, by=GATEWAY, explanation=why)
        except (StorageError, NotConnectedError) as error:
            _log.error("operation %s is %s and cannot be kept yet: %s", made.id, state, error)
            self._unwritten[made.id] = (made, result)
            raise
        self._unwritten.pop(made.id, None)
        self._counts[state] += 1
        try:
            await self._book.note(
                "outcome", moved, by=GATEWAY, kind=GATEWAY, outcome=_OUTCOMES[state], why=why
            )
        except TaktlineError as error:
            _log.error(
                "operation %s is %s, which the audit does not hold: %s", made.id, state, error
            )
        return moved


def _told(shown: Mapping[str, Present]) -> str:
    return ", ".join(
        f"{path.rpartition('/')[2]} {each.problem or f'shows {plain(each.value)}'}"
        for path, each in shown.items()
    )
