"""What the data before a fix suggests as settings of a proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row

from gateway.clock import NS_PER_S
from gateway.corrective import Template
from gateway.issues.around.counted import pieces
from gateway.issues.verify.criteria import DAY_S
from gateway.issues.verify.watcher import Sources, first_onset, onsets
from gateway.store import Store

WINDOW_NS: Final = 90 * 86_400 * NS_PER_S
BEFORE_NS: Final = 24 * 3600 * NS_PER_S
LEAST_VALUES: Final = 100
LEAST_HOURS: Final = 24


async def suggested(
    template: Template, found: Row[Any], *, store: Store, sources: Sources, now_ns: int
) -> Mapping[str, object]:
    """Return settings that `checked_settings` would take, as far as the data before knows them."""
    match template:
        case Template.NO_RECURRENCE:
            return await _rate(found, store, now_ns=now_ns)
        case Template.CAPABILITY:
            limits: Mapping[str, Any] = found.limits
            return {
                "lower": limits.get("low", limits.get("lower")),
                "upper": limits.get("high", limits.get("upper")),
                "target": 1.33,
                "least": LEAST_VALUES,
                "most": 10 * LEAST_VALUES,
            }
        case Template.LOSS:
            return {"baseline_days": 7.0, "least": LEAST_HOURS, "most": 10 * LEAST_HOURS}
        case Template.DEFECTS:
            made = await pieces(
                sources.history,
                sources.catalogue,
                found.asset,
                start_ns=found.onset_ns,
                end_ns=min(now_ns, found.onset_ns + BEFORE_NS),
            )
            total = made.made or 0
            return {"bad_before": made.rejected or 0, "made_before": total, "planned": total}


async def _rate(found: Row[Any], store: Store, *, now_ns: int) -> Mapping[str, object]:
    """Return how often it began, over the time since the first, at least the time since this one opened."""
    since = now_ns - WINDOW_NS
    count = await store.run(lambda c: onsets(c, found.recurrence, after_ns=since, before_ns=now_ns))
    first_ns = await store.run(lambda c: first_onset(c, found.recurrence, after_ns=since))
    begun = min(found.onset_ns, first_ns) if first_ns is not None else found.onset_ns
    days = max((now_ns - begun) / NS_PER_S / DAY_S, 1e-4)
    return {"events": max(1, count), "days": round(days, 4)}
