"""Rules as people change them."""

from __future__ import annotations

from typing import Protocol

from gateway.rulesheet import RuleChange, RuleSheet


class RuleDesk(Protocol):
    """Changes of rules while they run: all of a change or nothing of it, each kept as a version."""

    async def sheet(self, rule: str) -> RuleSheet:
        """Return a rule as it can be changed; raises `NotFoundError`."""
        ...

    async def change(self, rule: str, change: RuleChange, *, revision: int, by: str) -> RuleSheet:
        """Run a rule with other settings from now on, and after every restart.

        Raises `NotFoundError`; `ConflictError` where `revision` is not the newest; `MistakesError` with every setting
        that is wrong or every case that fails.
        """
        ...

    async def take_back(
        self, rule: str, *, to: int | None, revision: int, by: str, reason: str
    ) -> RuleSheet:
        """Run a rule with the settings of an earlier version, or (`to` None) with those of the files again.

        Raises what `change` raises, but no case holds it back: it has run before.
        """
        ...
