"""What a rule was: its versions, and an issue replayed with the settings its rule had."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.detect import versions
from gateway.detect.explain import explain
from gateway.detect.options import RuleOptions
from gateway.detect.status import written
from gateway.deviation import Explanation, Issue, RuleVersion
from gateway.errors import NotFoundError
from gateway.store import Store


async def versions_of(store: Store, rule: str) -> Sequence[RuleVersion]:
    """Return every change of a rule's settings, newest first; raises `NotFoundError`."""
    found = await store.run(lambda c: versions.of_rule(c, rule))
    if not found:
        raise NotFoundError(f"there was never a rule {rule[:64]!r}")
    return found


async def explained(store: Store, issue: Issue, now: RuleOptions | None) -> Explanation:
    """Replay an issue's evidence with the settings of then; `now` are those of its rule that run."""
    kept = await store.run(lambda c: versions.settings_of(c, issue.rule, issue.rule_version))
    if kept is None and now is not None and now.version() == issue.rule_version:
        kept = written(now)
    return await asyncio.to_thread(explain, issue, kept)
