"""Job orders through the guard: selected and operated once, and the machine's list as it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from gateway.access.port import Identity
from gateway.actuator import Actuators
from gateway.command import CommandKind, Operation, OperationState
from gateway.control.options import ControlOptions
from gateway.control.port import Control
from gateway.control.sending import NOT_SENT, REFUSED
from gateway.errors import NotConnectedError
from gateway.production.execution.machines import Answer, JobCall, MachineJob, Outcome
from gateway.production.lifecycle import JobState

_STATES: Final = (
    JobState.NOT_ALLOWED_TO_START, JobState.ALLOWED_TO_START, JobState.RUNNING,
    JobState.INTERRUPTED, JobState.ENDED, JobState.ABORTED,
)  # fmt: skip
"""By the numbers of OPC 10031-4, from 1."""


class GuardedMachines:
    """Implements `JobMachines` for the machines that a command of kind `job` is configured for."""

    def __init__(self, options: ControlOptions, *, guard: Control, actuators: Actuators) -> None:
        self._guard, self._actuators = guard, actuators
        self._commands = {
            each.machine: (name, each.path(each.parameters[0].signal))
            for name, each in options.commands.items()
            if each.kind is CommandKind.JOB
        }

    def takes(self, machine: str) -> bool:
        """Say whether job orders are sent to the machine at a path."""
        return machine in self._commands

    async def call(self, machine: str, call: JobCall, *, by: Identity) -> Answer:
        """Select and operate one call; raises what the guard raises before anything is sent."""
        name, path = self._commands[machine]
        value = json.dumps(asdict(call) | {"verb": call.verb.value})
        selection = await self._guard.select(
            name, {path: value}, by=by, reason=call.said or f"job {call.job}"
        )
        done = await self._guard.operate(
            selection.operation.id, nonce=selection.nonce, expected=selection.operation.present,
            by=by,
        )  # fmt: skip
        return Answer(outcome=_outcome(done), said=_said(done), operation=done.id)

    async def jobs(self, machine: str) -> Sequence[MachineJob]:
        """Ask a machine for its list; raises `NotConnectedError`."""
        _, path = self._commands.get(machine, ("", ""))
        reader = self._actuators.reader(path) if path else None
        if reader is None:
            raise NotConnectedError(f"{machine} is not connected")
        present = (await reader.ask([path]))[path]
        if present.problem or not isinstance(present.value, str):
            raise NotConnectedError(f"{path} {present.problem or 'holds no list'}")
        return [job for each in json.loads(present.value) if (job := _job(each)) is not None]


def _outcome(done: Operation) -> Outcome:
    """Return what became of an operation; one that the machine took without showing it is unknown."""
    if done.state is OperationState.OK:
        return Outcome.OK
    if done.explanation.startswith(REFUSED):
        return Outcome.REFUSED
    return Outcome.NOT_SENT if done.explanation.startswith(NOT_SENT) else Outcome.UNKNOWN


def _said(done: Operation) -> str:
    said = done.explanation.removeprefix(REFUSED).removeprefix(NOT_SENT)
    return said.partition(";")[0] if done.state is OperationState.OK else said


def _job(each: Mapping[str, Any]) -> MachineJob | None:
    number = each.get("state", 0)
    if not 1 <= number <= len(_STATES):
        return None
    return MachineJob(
        job=str(each["job"]), state=_STATES[number - 1], good=each.get("good"),
        made=each.get("made"), started_ns=each.get("started_ns"), ended_ns=each.get("ended_ns"),
    )  # fmt: skip
