"""Corrective action as people work on it: the port between the page and the desk of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.corrective import Action, Attachment, Case, Hint, Learning, MyWork
from gateway.model import Principal


class Cases(Protocol):
    """Issues with all that people and data add to them.

    What changes one raises `NotFoundError`, `ConflictError` where it is at another version than the caller saw or
    where its gate is not passed (with what changed, or what is missing), and `InvalidRequestError`.
    """

    async def case(self, number: int) -> Case:
        """Return an issue with all that was added to it."""
        ...

    async def edit(
        self, number: int, *, version: int, changes: Mapping[str, object], by: Principal
    ) -> Case:
        """Change fields of the 8D form, and owner, team and severity."""
        ...

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
        """Move an issue on; only what data has proven can be closed, and not by its owner."""
        ...

    async def suspect(
        self, number: int, *, version: int, from_ns: int | None, to_ns: int | None, by: Principal
    ) -> Case:
        """Compute the suspect quantity from the machine's counters and keep it in the form.

        From the last good sample before the onset and to now, unless given.
        """
        ...

    async def add_action(
        self, number: int, *, kind: str, fields: Mapping[str, object], by: Principal
    ) -> Case:
        """Plan an action with title, owner and due date."""
        ...

    async def change_action(
        self, number: int, which: int, *, version: int, fields: Mapping[str, object], by: Principal
    ) -> Action:
        """Change an action, or say that it is done."""
        ...

    async def attach(self, number: int, *, name: str, data: bytes, by: Principal) -> Case:
        """Attach a file that is what its name says, and small enough."""
        ...

    async def attachment(self, number: int, which: int) -> tuple[Attachment, bytes]:
        """Return a file with its content."""
        ...

    async def remove_attachment(self, number: int, which: int, *, by: Principal) -> Case:
        """Take a file away; its hash stays in the history."""
        ...

    async def prove(
        self, number: int, *, template: str, settings: Mapping[str, object], by: Principal
    ) -> Case:
        """Choose how the data will prove the fix, in place of what was chosen before."""
        ...

    async def baseline(self, number: int, template: str) -> Mapping[str, object]:
        """Return the settings that the data before the fix suggests for a template."""
        ...

    async def propose_similar(self, number: int, *, by: Principal) -> Case:
        """Look for similar machines and how often the pattern showed there."""
        ...

    async def check_similar(self, number: int, *, asset: str, finding: str, by: Principal) -> Case:
        """Note what a look at a similar machine found."""
        ...

    async def my_work(self, name: str) -> MyWork:
        """Return what waits for a person: issues owned, actions, and comments that mention the name."""
        ...

    async def learn(self, *, start_ns: int, end_ns: int, by: str) -> Learning:
        """Return what the issues opened in [start, end) teach."""
        ...

    async def hints(self) -> Sequence[Hint]:
        """Return the practices that the records show now."""
        ...

    async def report_pdf(self, number: int) -> bytes:
        """Return the whole case as a PDF document."""
        ...
