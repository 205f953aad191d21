"""Whether rows are still on their way from the journal, so that time must not run ahead of them."""

from __future__ import annotations

from gateway.ports import Tail


async def rows_wait(tail: Tail | None, after: int) -> bool:
    """Tell whether the journal holds rows after number `after`; batches without rows do not count."""
    while tail is not None and tail.head > after:
        ahead = await tail.read(after, max_rows=1)
        if ahead is None:
            return False
        if len(ahead.batch):
            return True
        after = ahead.last_seq
    return False
