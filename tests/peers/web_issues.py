"""Issues in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.clock import Clock
from gateway.deviation import (
    Issue,
    IssueEvent,
    IssueState,
    Severity,
)
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal


class MemoryIssues:
    """Issues in a dictionary, with a list of changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.issues: dict[int, Issue] = {}
        self.log: list[IssueEvent] = []
        self._changed = asyncio.Event()

    @property
    def revision(self) -> int:
        """The number of the newest change."""
        return self.log[-1].seq if self.log else 0

    async def wait(self, after: int) -> None:
        """Return once there is a newer change."""
        while self.revision <= after:
            await self._changed.wait()

    async def events(
        self, *, after: int, limit: int, issue: int | None = None
    ) -> Sequence[IssueEvent]:
        """Return changes, oldest first."""
        found = [e for e in self.log if e.seq > after and issue in {None, e.issue}]
        return found[:limit]

    async def list(
        self,
        *,
        states: Sequence[IssueState],
        limit: int,
        before: int | None = None,
        asset: str = "",
        severities: Sequence[Severity] = (),
        team: str = "",
        owner: str = "",
        text: str = "",
    ) -> Sequence[Issue]:
        """Return issues, newest first."""
        found = [
            replace(each, evidence=())
            for each in self.issues.values()
            if (not states or each.state in states)
            and (before is None or each.number < before)
            and (not asset or each.asset == asset or each.asset.startswith(asset + "/"))
            and (not severities or each.severity in severities)
            and team in {"", each.team}
            and owner in {"", each.owner}
            and text.casefold() in each.title.casefold()
        ]
        return sorted(found, key=lambda each: -each.number)[:limit]

    async def get(self, number: int) -> Issue:
        """Return one issue."""
        if number not in self.issues:
            raise NotFoundError(f"there is no issue {number}")
        return self.issues[number]

    async def acknowledge(self, number: int, *, by: Principal, note: str = "") -> Issue:
        """Take note."""
        issue = await self.get(number)
        if issue.state is not IssueState.OPEN:
            raise ConflictError(f"issue {number} is {issue.state}, only open ones are acknowledged")
        changed = replace(issue, state=IssueState.TRIAGE)
        self.record(changed, "acknowledged", by.name, {"note": note})
        return self.issues[number]

    async def comment(self, number: int, *, by: Principal, text: str) -> IssueEvent:
        """Add a comment."""
        if len(text) > 4000:
            raise InvalidRequestError("text: at most 4000 characters")
        return self.record(await self.get(number), "commented", by.name, {"text": text})

    async def reject(self, number: int, *, by: Principal, reason: str) -> Issue:
        """Reject."""
        issue = await self.get(number)
        if issue.ended:
            raise ConflictError(f"issue {number} is {issue.state}: reject is not possible now")
        changed = replace(
            issue, state=IssueState.REJECTED, active=False, closed_ns=self._clock.now_ns()
        )
        self.record(changed, "rejected", by.name, {"reason": reason})
        return self.issues[number]

    def record(
        self, issue: Issue, action: str, by: str, detail: Mapping[str, object] | None = None
    ) -> IssueEvent:
        """Keep an issue as it is now, and the change that made it so."""
        event = IssueEvent(
            seq=self.revision + 1,
            issue=issue.number,
            time_ns=self._clock.now_ns(),
            action=action,
            by=by,
            detail=detail or {},
        )
        self.issues[issue.number] = replace(issue, revision=event.seq)
        self.log.append(event)
        self._changed.set()
        self._changed = asyncio.Event()
        return event
