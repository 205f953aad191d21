"""Alarm figures against ISA-18.2's benchmarks: pure functions over columns of alarm events (rules.md §4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.alarm import Alarm, AlarmMetrics, AlarmPriority, BadActor, Benchmark, Flood
from gateway.clock import NS_PER_S

TEN_MIN_NS: Final = 600 * NS_PER_S
HOUR_NS: Final = 3600 * NS_PER_S
DAY_NS: Final = 86_400 * NS_PER_S
FLOOD_ABOVE: Final = 10
FLOOD_BELOW: Final = 5
CHATTER_COUNT: Final = 3
CHATTER_NS: Final = 60 * NS_PER_S
FLEETING_NS: Final = 10 * NS_PER_S
STALE_NS: Final = DAY_NS


class Spells(NamedTuple):
    """Times during which alarms held, as columns in order of their beginning: [start, end), `shown` to operators.

    `start` and `end` int64 nanoseconds (`end` the end of what was looked at where it still holds: `open`).
    """

    alarm: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    open: NDArray[np.bool_]
    shown: NDArray[np.bool_]


def spells(
    alarm: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    raised: NDArray[np.bool_],
    shown: NDArray[np.bool_],
    *,
    end_ns: int,
) -> Spells:
    """Pair raised and cleared events of each alarm; a raise while it holds begins nothing new."""
    order = np.lexsort((~raised, time_ns, alarm))
    alarm, time_ns = alarm[order], time_ns[order]
    raised, shown = raised[order], shown[order]
    first = np.ones(len(alarm), np.bool_)
    first[1:] = alarm[1:] != alarm[:-1]
    before = np.zeros(len(alarm), np.bool_)
    before[1:] = raised[:-1]
    begins = np.flatnonzero(raised & (first | ~before))
    clears = np.flatnonzero(~raised)
    after = np.searchsorted(clears, begins)
    where = np.append(clears, len(alarm))[after]
    same = (where < len(alarm)) & (
        np.append(alarm, -1)[np.minimum(where, len(alarm))] == alarm[begins]
    )
    ends = np.where(same, np.append(time_ns, end_ns)[where], end_ns)
    by_time = np.lexsort((alarm[begins], time_ns[begins]))
    kept = begins[by_time]
    return Spells(alarm[kept], time_ns[kept], ends[by_time], ~same[by_time], shown[kept])


def rolling(time_ns: NDArray[np.int64], width_ns: int) -> NDArray[np.int64]:
    """Return for each time how many times lie in the (half-open) window that ends with it; times must ascend."""
    first = np.searchsorted(time_ns, time_ns - width_ns, side="right")
    counts: NDArray[np.int64] = np.arange(1, len(time_ns) + 1) - first
    return counts


def floods(time_ns: NDArray[np.int64], *, end_ns: int) -> list[Flood]:
    """Find floods: from more than 10 in 10 minutes until fewer than 5; `alarms` counts the window before too."""
    count = rolling(time_ns, TEN_MIN_NS)
    found: list[Flood] = []
    place = 0
    while True:
        above = np.flatnonzero(count[place:] > FLOOD_ABOVE)
        if not len(above):
            return found
        begin = place + int(above[0])
        # After alarm i the window falls below 5 when the 4th alarm before it leaves, unless another comes first.
        quiet = time_ns[begin - FLOOD_BELOW + 1 : len(time_ns) - FLOOD_BELOW + 1] + TEN_MIN_NS
        upcoming = np.append(time_ns[begin + 1 :], end_ns)
        over = int(np.flatnonzero(np.append(quiet < upcoming, True)[: len(quiet) + 1])[0])
        last = min(begin + over, len(time_ns) - 1)
        stop_ns = int(min(quiet[over], end_ns)) if over < len(quiet) else end_ns
        first = begin - int(count[begin]) + 1
        found.append(
            Flood(
                start_ns=int(time_ns[begin]),
                end_ns=stop_ns,
                alarms=last - first + 1,
                peak_10_min=int(count[begin : last + 1].max()),
            )
        )
        place = last + 1


def measure(
    events: Spells, alarms: Mapping[int, Alarm], *, start_ns: int, end_ns: int, operators: int = 1
) -> AlarmMetrics:
    """Return every figure over [start, end); spells may begin before it, which counts for stale alarms only."""
    inside = (events.start >= start_ns) & (events.start < end_ns)
    kept = inside & events.shown
    times = events.start[kept]
    span_ns = max(1, end_ns - start_ns)
    count = len(times)
    flooded = floods(times, end_ns=end_ns)
    numbers, totals = np.unique(events.alarm[kept], return_counts=True)
    stale_s = _stale(events, start_ns, end_ns)
    worst = _worst(events, kept, alarms, stale_s)
    per_hour = count / (span_ns / HOUR_NS) / operators
    figures = {
        "per_hour": per_hour,
        "hours_over_30": _over(times, start_ns, end_ns, HOUR_NS, 30 * operators),
        "periods_over_10": _over(times, start_ns, end_ns, TEN_MIN_NS, 10 * operators),
        "in_flood": sum(flood.end_ns - flood.start_ns for flood in flooded) / span_ns,
        "most_in_10_min": int(rolling(times, TEN_MIN_NS).max(initial=0)),
        "top_10_share": float(np.sort(totals)[-10:].sum() / count) if count else 0.0,
        "chattering": sum(actor.chattering for actor in worst),
        "fleeting": sum(actor.fleeting for actor in worst),
        "most_stale_in_a_day": _most_stale(events, start_ns, end_ns),
    }
    by_priority = {str(priority): 0 for priority in AlarmPriority}
    for number, total in zip(numbers.tolist(), totals.tolist(), strict=True):
        if number in alarms:
            by_priority[alarms[number].priority] += total
    return AlarmMetrics(
        start_ns=start_ns,
        end_ns=end_ns,
        operators=operators,
        raised=count,
        hidden=int((inside & ~events.shown).sum()),
        per_10_min=per_hour / 6,
        per_hour=per_hour,
        per_day=per_hour * 24,
        most_in_10_min=int(figures["most_in_10_min"]),
        hours_over_30=figures["hours_over_30"],
        periods_over_10=figures["periods_over_10"],
        in_flood=figures["in_flood"],
        floods=tuple(flooded),
        top_10_share=figures["top_10_share"],
        worst=tuple(worst[:20]),
        chattering=int(figures["chattering"]),
        fleeting=int(figures["fleeting"]),
        stale=int(sum(1 for seconds in stale_s.values() if seconds > 0)),
        most_stale_in_a_day=int(figures["most_stale_in_a_day"]),
        by_priority=by_priority,
        benchmarks=_benchmarks(figures, by_priority, count),
    )


def _over(times: NDArray[np.int64], start_ns: int, end_ns: int, width_ns: int, most: int) -> float:
    """Return the part of the whole periods of a width that hold more than `most`."""
    periods = max(1, -(-(end_ns - start_ns) // width_ns))
    counts = np.bincount((times - start_ns) // width_ns, minlength=periods)
    return float((counts > most).sum() / periods)


def _stale(events: Spells, start_ns: int, end_ns: int) -> dict[int, float]:
    """Return for each alarm that held longer than a day within the range, by how many seconds."""
    touched = (events.end > start_ns) & (events.start < end_ns)
    over = np.minimum(events.end, end_ns) - events.start - STALE_NS
    found: dict[int, float] = {}
    for place in np.flatnonzero(touched & (over > 0)).tolist():
        number = int(events.alarm[place])
        found[number] = max(found.get(number, 0.0), float(over[place]) / NS_PER_S)
    return found


def _most_stale(events: Spells, start_ns: int, end_ns: int) -> int:
    """Return the most alarms that were stale on one day, counted from the start of the range."""
    most = 0
    for day_ns in range(start_ns, end_ns, DAY_NS):
        until_ns = min(day_ns + DAY_NS, end_ns)
        held = (events.start + STALE_NS < until_ns) & (events.end > day_ns)
        held &= np.minimum(events.end, until_ns) - events.start > STALE_NS
        most = max(most, len(np.unique(events.alarm[held])))
    return most


def _worst(
    events: Spells,
    kept: NDArray[np.bool_],
    alarms: Mapping[int, Alarm],
    stale_s: Mapping[int, float],
) -> list[BadActor]:
    count = int(kept.sum())
    found: list[BadActor] = []
    for number in sorted({*events.alarm[kept].tolist(), *stale_s}):
        one = alarms.get(number)
        if one is None:
            continue
        mine = kept & (events.alarm == number)
        start, end = events.start[mine], events.end[mine]
        gone = (end - start < FLEETING_NS) & ~events.open[mine]
        alone = np.append(start[1:] - end[:-1], CHATTER_NS)[: len(start)] >= CHATTER_NS
        found.append(
            BadActor(
                alarm=number,
                rule=one.rule,
                signal=one.signal,
                side=one.side,
                raised=len(start),
                share=len(start) / count if count else 0.0,
                chattering=bool((rolling(start, CHATTER_NS) >= CHATTER_COUNT).any()),
                fleeting=int((gone & alone).sum()),
                stale_s=stale_s.get(number, 0.0),
            )
        )
    return sorted(found, key=lambda actor: (-actor.raised, -actor.stale_s, actor.alarm))


def _benchmarks(
    figures: Mapping[str, float], by_priority: Mapping[str, int], count: int
) -> tuple[Benchmark, ...]:
    targets: Sequence[tuple[str, str, float, bool]] = (
        ("per_hour", "about 6, at most 12", 12, True),
        ("hours_over_30", "below 1 %", 0.01, False),
        ("periods_over_10", "below 1 %", 0.01, False),
        ("in_flood", "below 1 %", 0.01, False),
        ("most_in_10_min", "at most 10", 10, True),
        ("top_10_share", "below 5 %", 0.05, False),
        ("chattering", "none", 0, True),
        ("fleeting", "none", 0, True),
        ("most_stale_in_a_day", "below 5", 5, False),
    )
    found = [
        Benchmark(
            name=name,
            value=float(figures[name]),
            target=target,
            met=bool(figures[name] < most or (inclusive and figures[name] == most)),
        )
        for name, target, most, inclusive in targets
    ]
    for priority, share in (("low", 0.80), ("medium", 0.15), ("high", 0.05)):
        value = by_priority[priority] / count if count else 0.0
        met = value >= share - 0.05 if priority == "low" else value <= share + 0.025
        found.append(
            Benchmark(
                name=f"priority_{priority}",
                value=value,
                target=f"about {share:.0%}",
                met=met or not count,
            )
        )
    return tuple(found)
