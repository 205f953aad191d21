"""Rules bound to the signals there are, with their state: an immutable whole that each step replaces."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gateway.detect.options import LimitRule, RateRule, RuleOptions, SpcRule
from gateway.model import DataType, SampleBatch, Signal
from rules import engine
from rules.columns import Columns
from rules.compile import Table
from rules.compile import compile as bind_rules
from rules.events import Event
from rules.spec import SignalInfo, pattern
from rules.state import State

log = logging.getLogger(__name__)

RUN_TIME_ERRORS: Final = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a kernel raises when it meets numbers it was not made for."""

OTHER_TIMES: Final = frozenset({"s", "sec", "h", "hr", "hour", "d", "day", "shift"})
"""Ends of units that are not per minute."""

NOT_NUMERIC: Final = frozenset({DataType.STRING, DataType.ARRAY})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Running:
    """`errors` say why rules do not run, by id; `failed` those that failed at run time, until they are replaced."""

    rules: Mapping[str, RuleOptions]
    table: Table
    state: State
    signals: int
    errors: Mapping[str, str]
    failed: Mapping[str, str] = field(default_factory=dict)


Made = tuple[Running, list[Event]]


def bind(
    rules: Mapping[str, RuleOptions],
    signals: Sequence[Signal],
    *,
    failed: Mapping[str, str],
) -> tuple[Table, dict[str, str]]:
    """Bind the enabled rules; return the table and the errors of those that cannot run."""
    errors = dict(failed)
    specs = []
    for rule, options in rules.items():
        if not options.enabled or rule in failed:
            continue
        problem = _unit_problem(options, signals) or _target_problem(options, signals)
        if problem is not None:
            errors[rule] = problem
        else:
            specs.append(options.to_spec(rule))
    infos = [
        SignalInfo(
            path=signal.path,
            numeric=signal.data_type not in NOT_NUMERIC,
            counter_bits=signal.counter_bits,
        )
        for signal in signals
    ]
    table = bind_rules(specs, infos)
    return table, errors | dict(table.errors)


def _unit_problem(options: RuleOptions, signals: Sequence[Signal]) -> str | None:
    if not isinstance(options, LimitRule | SpcRule) or not options.unit:
        return None
    patterns = [pattern(glob) for glob in options.signals]
    for signal in signals:
        if signal.unit != options.unit and any(one.fullmatch(signal.path) for one in patterns):
            return (
                f"limits are in {options.unit}, but {signal.path} is in {signal.unit or 'no unit'}"
            )
    return None


def _target_problem(options: RuleOptions, signals: Sequence[Signal]) -> str | None:
    """Say which target signal counts per another time than a minute, as far as its unit tells."""
    if not isinstance(options, RateRule) or options.target_signal is None:
        return None
    patterns = [pattern(glob) for glob in options.signals]
    named = options.target_signal
    for signal in signals:
        other = signal.unit.rpartition("/")[2].strip() in OTHER_TIMES
        if not other or signal.path.rpartition("/")[2] != named.rpartition("/")[2]:
            continue
        counters = (s for s in signals if any(one.fullmatch(s.path) for one in patterns))
        if signal.path == named or any(
            f"{counter.machine}/{named}" == signal.path for counter in counters
        ):
            return f"targets are per minute, but {signal.path} is in {signal.unit}"
    return None


def start(
    rules: Mapping[str, RuleOptions],
    signals: Sequence[Signal],
    *,
    state: State | None,
    now_ns: int,
) -> Made:
    """Begin with a state that was read back, or with none at `now_ns`."""
    table, errors = bind(rules, signals, failed={})
    begun, events = (
        (engine.start(table, now_ns=now_ns), []) if state is None else engine.adopt(table, state)
    )
    running = Running(
        rules=dict(rules), table=table, state=begun, signals=len(signals), errors=errors
    )
    return running, events


def rebind(
    running: Running,
    signals: Sequence[Signal],
    *,
    rules: Mapping[str, RuleOptions] | None = None,
    failed: Mapping[str, str] | None = None,
) -> Made:
    """Bind anew, to other rules or to more signals, keeping the state of what is unchanged."""
    chosen = running.rules if rules is None else dict(rules)
    down = running.failed if failed is None else failed
    table, errors = bind(chosen, signals, failed=down)
    state, events = engine.adopt(table, running.state)
    made = Running(
        rules=chosen, table=table, state=state, signals=len(signals), errors=errors, failed=down
    )
    return made, events


def columns(batch: SampleBatch, *, now_ns: int) -> Columns:
    """Return a batch as the engine reads it: by received time, which is the gateway's own."""
    return Columns(
        batch.signal, batch.received_ns, batch.value, batch.quality, now_ns, batch.source_ns
    )


def step(
    running: Running,
    signals: Callable[[], Sequence[Signal]],
    batch: SampleBatch,
    *,
    now_ns: int,
    starts: Sequence[int],
) -> Made:
    """Evaluate a batch and the time to `now_ns`; what lies before each of `starts` nobody watched.

    Until a start that is still to come is reached, only rows move time.
    """
    events: list[Event] = []
    done = 0
    time_ns = np.maximum.accumulate(batch.received_ns)
    for mark in sorted(starts):
        end = int(np.searchsorted(time_ns, mark))
        if mark <= running.state.now_ns or (end == len(batch) and now_ns < mark):
            continue
        before = batch.take(np.arange(done, end))
        running, seen = _step(running, signals, columns(before, now_ns=0))
        events += seen
        if mark > running.state.now_ns:
            shifted = engine.shift(running.table, running.state, now_ns=mark)
            running = replace(running, state=shifted)
        done = end
    if any(mark > max(running.state.now_ns, now_ns) for mark in starts):
        now_ns = 0
    rest = batch.take(np.arange(done, len(batch))) if done else batch
    running, seen = _step(running, signals, columns(rest, now_ns=now_ns))
    return running, events + seen


def _step(running: Running, signals: Callable[[], Sequence[Signal]], rows: Columns) -> Made:
    try:
        state, events = engine.step(running.table, running.state, rows)
    except RUN_TIME_ERRORS:
        down = _culprits(running, signals(), rows)
        if not down:
            raise
        for rule, error in down.items():
            log.exception("rule disabled", extra={"rule": rule, "error": error})
        cut, withdrawn = rebind(running, signals(), failed={**running.failed, **down})
        state, events = engine.step(cut.table, cut.state, rows)
        return replace(cut, state=state), withdrawn + events
    return replace(running, state=state), events


def _culprits(running: Running, signals: Sequence[Signal], rows: Columns) -> dict[str, str]:
    """Return the rules that fail over these rows by themselves, with what they say."""
    found: dict[str, str] = {}
    for rule, options in running.rules.items():
        table, _ = bind({rule: options}, signals, failed=running.failed)
        alone, _ = engine.adopt(table, running.state)
        try:
            engine.step(table, alone, rows)
        except RUN_TIME_ERRORS as error:
            found[rule] = f"failed at run time: {type(error).__name__}: {error}"
    return found
