"""Cases in memory for the page's demo plant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.corrective import Action, Attachment, Case, Hint, Learning, Move, MyWork
from gateway.errors import ConflictError, NotFoundError
from gateway.issues.lifecycle import BY_PEOPLE, TRANSITIONS, IssueAction, after
from gateway.model import Principal
from tests.peers.web_issues import MemoryIssues


class MemoryCases:
    """Cases of the page's demo plant: its issues with nothing added, moved without gates."""

    def __init__(self, issues: MemoryIssues) -> None:
        self._issues = issues

    async def case(self, number: int) -> Case:
        """Return an issue with nothing added."""
        issue = await self._issues.get(number)
        moves = tuple(
            Move(action=action, to=to)
            for (at, action), to in TRANSITIONS.items()
            if at is issue.state and action in BY_PEOPLE
        )
        return Case(
            issue=issue,
            fields={},
            moves=moves,
            actions=(),
            attachments=(),
            verifications=(),
            similar=(),
            repeats=(),
            context=None,
        )

    async def act(
        self,
        number: int,
        action: str,
        *,
        by: Principal,
        version: int | None = None,
        reason: str = "",
        other: int | None = None,
    ) -> Case:
        """Move on."""
        issue = await self._issues.get(number)
        reached = after(number, issue.state, IssueAction(action))
        if version not in {None, issue.version}:
            raise ConflictError(f"issue {number} is at version {issue.version}")
        changed = replace(issue, state=reached, version=issue.version + 1, duplicate_of=other)
        self._issues.record(changed, action, by.name, {"reason": reason, "to": reached})
        return await self.case(number)

    async def edit(
        self, number: int, *, version: int, changes: Mapping[str, object], by: Principal
    ) -> Case:
        """Keep nothing."""
        raise ConflictError("the demo plant keeps no form")

    async def my_work(self, name: str) -> MyWork:
        """Return the issues of a person."""
        found = await self._issues.list(states=[], limit=100, owner=name)
        return MyWork(issues=found, actions=(), mentions=())

    async def learn(self, *, start_ns: int, end_ns: int, by: str) -> Learning:
        """Teach nothing."""
        return Learning(
            start_ns=start_ns, end_ns=end_ns, by=by, bars=(), trend=(), backlog=(), currency="EUR"
        )

    async def hints(self) -> Sequence[Hint]:
        """See nothing."""
        return ()

    async def attachment(self, number: int, which: int) -> tuple[Attachment, bytes]:
        """Have no file."""
        raise NotFoundError(f"issue {number} has no file {which}")

    async def change_action(
        self, number: int, which: int, *, version: int, fields: Mapping[str, object], by: Principal
    ) -> Action:
        """Have no action."""
        raise NotFoundError(f"issue {number} has no action {which}")

    async def report_pdf(self, number: int) -> bytes:
        """Have no paper."""
        raise ConflictError("the demo plant has no paper")

    def __getattr__(self, name: str) -> Any:
        """Refuse whatever adds to a case."""

        async def refuse(number: int, *_: object, **__: object) -> Case:
            await self._issues.get(number)
            raise ConflictError(f"the demo plant cannot {name}")

        return refuse
