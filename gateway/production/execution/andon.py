"""Andon calls: a call is an issue of its machine, so that the wall shows it and the people on duty are told."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gateway.clock import Clock
from gateway.deviation import LIVING, UNACKNOWLEDGED, Issue, IssueState, IssueType, Severity
from gateway.errors import ConflictError, NotFoundError
from gateway.issues.report import ANDON, Clearing, Deviation, Ending
from gateway.model import Principal
from gateway.production.execution.port import Call, CallKind

_NOTE: Final = 300
_MOST: Final = 1000
_WORDS: Final = {
    CallKind.HELP: "Help wanted",
    CallKind.MATERIAL: "Material wanted",
    CallKind.MAINTENANCE: "Maintenance wanted",
    CallKind.QUALITY: "Quality wanted",
}
_TYPES: Final = {
    CallKind.HELP: IssueType.THROUGHPUT,
    CallKind.MATERIAL: IssueType.THROUGHPUT,
    CallKind.MAINTENANCE: IssueType.MAINTENANCE,
    CallKind.QUALITY: IssueType.QUALITY,
}


class IssueDoor(Protocol):
    """What calls need of issues: opening one, ending one, and looking which stand."""

    async def raise_deviation(self, deviation: Deviation) -> int | None:
        """Open an issue or add to the open one of its cause."""
        ...

    async def clear_deviation(self, clearing: Clearing) -> int | None:
        """Note that a condition no longer holds."""
        ...

    async def list(self, *, states: Sequence[IssueState], limit: int) -> Sequence[Issue]:
        """Return issues in these states."""
        ...

    async def reject(self, number: int, *, by: Principal, reason: str) -> Issue:
        """End an issue that needs no corrective action."""
        ...


class AndonDesk:
    """Calls by machine and kind; at most one of each stands."""

    def __init__(self, issues: IssueDoor, *, clock: Clock, place: Callable[[str], str]) -> None:
        """`place` gives a path to a machine that nothing reads, so that its zone's team is told."""
        self._issues, self._clock, self._place = issues, clock, place

    async def standing(self) -> dict[str, tuple[Call, ...]]:
        """Return the calls that stand, by machine."""
        found: dict[str, list[Call]] = {}
        for each in await self._issues.list(states=LIVING, limit=_MOST):
            kind, machine = _of(each)
            if each.rule == ANDON and each.active and kind is not None:
                found.setdefault(machine, []).append(
                    Call(
                        kind=kind, machine=machine, issue=each.number, note=each.explanation,
                        raised_ns=each.onset_ns, taken=each.state not in UNACKNOWLEDGED,
                    )
                )  # fmt: skip
        return {machine: tuple(calls) for machine, calls in found.items()}

    async def call(self, machine: str, path: str, kind: CallKind, *, note: str, by: str) -> Call:
        """Call for somebody; raises `ConflictError` where that call stands already."""
        standing = (await self.standing()).get(machine, ())
        if any(each.kind is kind for each in standing):
            raise ConflictError(f"{machine} calls for {kind} already")
        now_ns, asset = self._clock.now_ns(), path or self._place(machine)
        said = f"{by}: {note.strip()[:_NOTE]}" if note.strip() else f"{by} calls."
        number = await self._issues.raise_deviation(
            Deviation(
                key=f"{ANDON} {secrets.token_hex(8)}", cause=_cause(machine, kind), member=kind.value,
                rule=ANDON, rule_version="", asset=asset, signal=asset, severity=Severity.P2,
                type=_TYPES[kind], title=f"{_WORDS[kind]} at {machine}", explanation=said,
                onset_ns=now_ns, time_ns=now_ns, value=None, limits={}, family=f"{ANDON} {kind}",
            )
        )  # fmt: skip
        if number is None:
            raise ConflictError("calls open no issue here: issues.opening turns them away")
        return Call(
            kind=kind, machine=machine, issue=number, note=said, raised_ns=now_ns, taken=False
        )

    async def clear(self, machine: str, kind: CallKind, *, by: Principal) -> None:
        """End a call. Where nobody has begun to work on its issue, that ends too; raises `NotFoundError`."""
        calls = (await self.standing()).get(machine, ())
        call = next((each for each in calls if each.kind is kind), None)
        if call is None:
            raise NotFoundError(f"{machine} does not call for {kind}")
        now_ns = self._clock.now_ns()
        await self._issues.clear_deviation(
            Clearing(
                key=f"{ANDON} {secrets.token_hex(8)}", cause=_cause(machine, kind), member=kind.value,
                rule=ANDON, ending=Ending.CLEARED, time_ns=now_ns, value=None,
            )
        )  # fmt: skip
        try:
            await self._issues.reject(call.issue, by=by, reason="The call was answered.")
        except ConflictError:
            return  # somebody works on it as an issue: that goes on by itself


def _cause(machine: str, kind: CallKind) -> str:
    return f"{ANDON}:{kind}:{machine}"


def _of(issue: Issue) -> tuple[CallKind | None, str]:
    word, _, rest = issue.cause.partition(":")
    kind, _, machine = rest.partition(":")
    known = word == ANDON and kind in set(CallKind)
    return (CallKind(kind) if known else None), machine
