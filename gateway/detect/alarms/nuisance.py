"""Alarms that come too often, and the least delay or deadband that would quiet them: pure, from their own history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.alarm import Alarm, BadActor, Nuisance, NuisanceSetting
from gateway.clock import NS_PER_S
from gateway.detect.alarms.metrics import DAY_NS, Spells

OFF_DELAYS_S: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
ON_DELAYS_S: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
LEAST: Final = 5
"""Fewer times than this are no nuisance that a setting could be computed for."""

QUIET: Final = 0.2
"""What is left at most, for a setting to count as quieting."""

HALF: Final = 0.5
MOST_BAND: Final = 0.1
"""The widest deadband that is suggested, as a part of the limit."""

Rules = Mapping[str, Mapping[str, Any]]
Excursions = Mapping[int, NDArray[np.float64]]
"""By alarm: how far the value came back within its limit each time before it was raised again."""


def gaps(events: Spells, number: int, *, most: int) -> list[tuple[int, int]]:
    """Return the newest times between an alarm's end and its next beginning."""
    start, end = _of(events, number)
    return [(int(a), int(b)) for a, b in zip(end[:-1], start[1:], strict=True) if b > a][-most:]


def rank(
    events: Spells,
    worst: Sequence[BadActor],
    alarms: Mapping[int, Alarm],
    rules: Rules,
    excursions: Excursions,
    *,
    span_ns: int,
) -> tuple[Nuisance, ...]:
    """Return the bad actors in their order, each with what would quiet it, if any delay or deadband does."""
    found = []
    for actor in worst:
        one = alarms[actor.alarm]
        settings = rules.get(actor.rule, {})
        setting, reason = _setting(events, actor, one, settings, excursions.get(actor.alarm))
        found.append(
            Nuisance(
                alarm=actor.alarm,
                rule=actor.rule,
                signal=actor.signal,
                side=actor.side,
                asset=one.asset,
                title=one.title,
                raised=actor.raised,
                per_day=actor.raised / max(span_ns / DAY_NS, 1e-9),
                share=actor.share,
                chattering=actor.chattering,
                fleeting=actor.fleeting,
                stale_s=actor.stale_s,
                setting=setting,
                reason=reason,
            )
        )
    return tuple(found)


def _setting(
    events: Spells,
    actor: BadActor,
    one: Alarm,
    settings: Mapping[str, Any],
    excursions: NDArray[np.float64] | None,
) -> tuple[NuisanceSetting | None, str]:
    if actor.raised < LEAST:
        return None, f"it came fewer than {LEAST} times"
    tried = [
        each
        for each in (
            _off_delay(events, actor, settings),
            _deadband(actor, one, settings, excursions),
            _on_delay(events, actor, settings),
        )
        if each is not None
    ]
    quiet = [each for each in tried if each.left <= QUIET * actor.raised]
    if quiet:
        # An off-delay hides nothing from anybody, a deadband little, an on-delay tells everything later.
        return quiet[0], ""
    best = min(tried, key=lambda each: each.left, default=None)
    if best is not None and best.left <= HALF * actor.raised:
        return best, "it halves them, no more"
    return None, "no delay and no deadband quiets it: look at its cause, or at its limit"


def _off_delay(
    events: Spells, actor: BadActor, settings: Mapping[str, Any]
) -> NuisanceSetting | None:
    """Join what comes again soon: the times between end and beginning decide."""
    held = settings.get("off_delay_s")
    if not isinstance(held, int | float):
        return None
    start, end = _of(events, actor.alarm)
    between = (start[1:] - end[:-1]) / NS_PER_S
    left = [(delay, 1 + int((between >= delay).sum())) for delay in OFF_DELAYS_S]
    return _least("off_delay_s", float(held), left, actor.raised)


def _on_delay(
    events: Spells, actor: BadActor, settings: Mapping[str, Any]
) -> NuisanceSetting | None:
    """Leave out what ends by itself soon: the times from beginning to end decide."""
    held = settings.get("on_delay_s")
    if not isinstance(held, int | float):
        return None
    mine = events.alarm == actor.alarm
    mine &= events.shown
    lasted = np.where(events.open[mine], np.inf, (events.end - events.start)[mine] / NS_PER_S)
    left = [(delay, int((lasted >= delay).sum())) for delay in ON_DELAYS_S]
    return _least("on_delay_s", float(held), left, actor.raised)


def _deadband(
    actor: BadActor,
    one: Alarm,
    settings: Mapping[str, Any],
    excursions: NDArray[np.float64] | None,
) -> NuisanceSetting | None:
    """Keep what hardly came back: how far it did each time decides."""
    limit = settings.get(one.side)
    if excursions is None or len(excursions) == 0 or not isinstance(limit, int | float):
        return None
    held = float(settings.get("deadband", 0.0))
    widest = MOST_BAND * abs(float(limit)) or np.inf
    for share in (1 - QUIET, HALF):
        band = float(np.quantile(excursions, share)) * 1.05
        if held < band <= widest:
            left = 1 + int((excursions > band).sum() * actor.raised / (len(excursions) + 1))
            return NuisanceSetting(name="deadband", value=_round(band), before=held, left=left)
    return None


def _least(
    name: str, held: float, left: Sequence[tuple[float, int]], raised: int
) -> NuisanceSetting:
    """Return the least delay that quiets, or else the one that leaves fewest; it comes on top of what there is."""
    for delay, count in left:
        if count <= QUIET * raised:
            return NuisanceSetting(name=name, value=held + delay, before=held, left=count)
    delay, count = min(left, key=lambda each: (each[1], each[0]))
    return NuisanceSetting(name=name, value=held + delay, before=held, left=count)


def _of(events: Spells, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    mine = (events.alarm == number) & events.shown
    return events.start[mine], events.end[mine]


def _round(value: float) -> float:
    """Return two figures, rounded up: a person reads and types this."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(f"{np.ceil(value / unit) * unit:.6g}")


def within(events: Spells, *, start_ns: int, end_ns: int) -> Spells:
    """Return the spells that begin within a range."""
    inside = (events.start >= start_ns) & (events.start < end_ns)
    return Spells(
        events.alarm[inside],
        events.start[inside],
        events.end[inside],
        events.open[inside],
        events.shown[inside],
    )
