"""Test cases that stand beside the rules in their file: a short history, and the events expected of it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from gateway.clock import NS_PER_S
from gateway.detect import running as run
from gateway.detect.options import RuleOptions
from gateway.errors import ConfigError
from gateway.model import DataType, SampleBatch, Signal
from gateway.options import Options
from gateway.quality import BAD, GOOD
from rules.events import Event

START_NS: Final = 1_767_225_600 * NS_PER_S
MAX_ROWS: Final = 1_000_000


class Happening(StrEnum):
    """What is expected to happen to a condition."""

    RAISED = "raised"
    CLEARED = "cleared"


class CaseSignal(Options):
    """What a case has to say of a signal, where the rules look at more than its values."""

    unit: str = Field("", max_length=32, description="Engineering unit.")
    data_type: DataType = Field(DataType.FLOAT, description="What its values are.")
    counter_bits: int | None = Field(
        None, ge=1, le=64, description="Width at which a counter rolls over."
    )


class Expected(Options):
    """One event that must happen; what is left out may be anything."""

    at_s: float = Field(ge=0, description="When it is complete, from the start of the case.")
    event: Happening = Field(Happening.RAISED, description="What happens.")
    rule: str | None = Field(None, description="Id of the rule.")
    signal: str | None = Field(None, description="Path of the signal.")
    side: str | None = Field(None, description="End of the range: high or low.")
    onset_s: float | None = Field(None, description="When it began.")
    value: float | None = Field(None, description="The value it reports.")


class CaseOptions(Options):
    """A short history and what the rules must make of it: these events, and no others."""

    description: str = Field("", max_length=500, description="What the case shows.")
    rules: list[str] = Field(
        default_factory=list, description="Rules that run, by id; all unless given."
    )
    signals: dict[str, CaseSignal] = Field(
        default_factory=dict, description="What is known of signals, by path."
    )
    series: dict[str, list[tuple[float, float | None]]] = Field(
        default_factory=dict,
        description="Rows by signal path as [second, value]; an empty value is one of bad quality.",
    )
    csv: str | None = Field(
        None, description="File beside this one with more rows: time_s, signal, value, quality."
    )
    until_s: float = Field(gt=0, le=31 * 86_400, description="How long time goes on.")
    tolerance_s: float = Field(0.001, ge=0, description="How far times may be off.")
    expect: list[Expected] = Field(
        default_factory=list, description="The events, in any order; none where nothing may happen."
    )

    def paths(self) -> set[str]:
        """Return the signals it speaks of."""
        return {*self.signals, *self.series}


class Row(NamedTuple):
    """One sample of a case."""

    time_s: float
    path: str
    value: float
    quality: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of a case: sentences on every difference, none where it passed."""

    name: str
    problems: tuple[str, ...]
    events: int


def run_case(
    name: str, case: CaseOptions, rules: Mapping[str, RuleOptions], *, folder: Path
) -> CaseResult:
    """Run the rules over a case; `folder` is where its CSV file lies."""
    try:
        chosen = _chosen(case, rules)
        rows = sorted(_within(case, _rows(case, folder)), key=lambda row: row.time_s)
        signals, events = _events(case, chosen, rows)
    except ConfigError as error:
        return CaseResult(name=name, problems=(str(error),), events=0)
    return CaseResult(
        name=name, problems=tuple(_differences(case, signals, events)), events=len(events)
    )


def _chosen(case: CaseOptions, rules: Mapping[str, RuleOptions]) -> dict[str, RuleOptions]:
    for rule in case.rules:
        if rule not in rules:
            raise ConfigError(f"there is no rule {rule!r}: {', '.join(rules) or 'none at all'}")
    wanted = case.rules or [*rules]
    return {rule: options for rule, options in rules.items() if rule in wanted}


def _within(case: CaseOptions, rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if not 0 <= row.time_s <= case.until_s:
            raise ConfigError(
                f"a row of {row.path} at {row.time_s} s: want 0 to {case.until_s:g} s"
            )
        yield row


def _rows(case: CaseOptions, folder: Path) -> Iterator[Row]:
    for path, series in case.series.items():
        for time_s, value in series:
            bad = value is None
            yield Row(time_s, path, math.nan if value is None else value, BAD if bad else GOOD)
    if case.csv is None:
        return
    file = folder / case.csv
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            for number, fields in enumerate(csv.DictReader(opened), start=2):
                if number > MAX_ROWS:
                    raise ConfigError(f"{file}: more than {MAX_ROWS} rows")
                yield _row(fields, f"{file}:{number}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file}: {error}") from error


def _row(fields: Mapping[str, str | None], where: str) -> Row:
    try:
        text = fields["value"] or ""
        bad = not text or (fields.get("quality") or "good").strip().lower() == "bad"
        value = float(text) if text else math.nan
        return Row(
            float(fields["time_s"] or ""), str(fields["signal"]), value, BAD if bad else GOOD
        )
    except (KeyError, ValueError) as error:
        msg = f"{where}: want columns time_s, signal, value and, where needed, quality (good, bad)"
        raise ConfigError(msg) from error


def _events(
    case: CaseOptions, rules: Mapping[str, RuleOptions], rows: Sequence[Row]
) -> tuple[list[Signal], list[Event]]:
    paths = sorted(case.paths() | {row.path for row in rows})
    try:
        signals = [_signal(path, case.signals.get(path)) for path in paths]
    except ValueError as error:
        raise ConfigError(str(error)) from error
    index = {path: place for place, path in enumerate(paths)}
    time_ns = [START_NS + round(row.time_s * NS_PER_S) for row in rows]
    batch = SampleBatch.of(
        signal=[index[row.path] for row in rows],
        source_ns=time_ns,
        value=[row.value for row in rows],
        received_ns=time_ns,
        quality=[row.quality for row in rows],
    )
    started, _ = run.start(rules, signals, state=None, now_ns=START_NS)
    if started.errors:
        said = "; ".join(f"rule {rule}: {error}" for rule, error in started.errors.items())
        raise ConfigError(said)
    until_ns = START_NS + round(case.until_s * NS_PER_S)
    ended, events = run.step(started, lambda: signals, batch, now_ns=until_ns, starts=())
    if ended.errors:
        said = "; ".join(f"rule {rule}: {error}" for rule, error in ended.errors.items())
        raise ConfigError(said)
    return signals, events


def _signal(path: str, known: CaseSignal | None) -> Signal:
    if known is None:
        return Signal(path=path)
    return Signal(
        path=path, unit=known.unit, data_type=known.data_type, counter_bits=known.counter_bits
    )


def _differences(
    case: CaseOptions, signals: Sequence[Signal], events: Sequence[Event]
) -> Iterator[str]:
    left = list(events)
    for wanted in case.expect:
        found = next((event for event in left if _fits(case, wanted, signals, event)), None)
        if found is None:
            yield f"expected {_say_expected(wanted)}, but it did not happen"
        else:
            left.remove(found)
    for event in left:
        yield f"nobody expected {_say(signals, event)}"


def _fits(case: CaseOptions, wanted: Expected, signals: Sequence[Signal], event: Event) -> bool:
    def near(time_ns: int, second: float | None) -> bool:
        return second is None or abs(_second(time_ns) - second) <= case.tolerance_s + 1e-9

    value = wanted.value
    return (
        event.kind.name.lower() == wanted.event
        and near(event.time_ns, wanted.at_s)
        and near(event.onset_ns, wanted.onset_s)
        and wanted.rule in {None, event.rule}
        and wanted.signal in {None, signals[event.signal].path}
        and wanted.side in {None, event.side}
        and (value is None or math.isclose(event.value, value, rel_tol=1e-6, abs_tol=1e-9))
    )


def _second(time_ns: int) -> float:
    return (time_ns - START_NS) / NS_PER_S


def _say_expected(wanted: Expected) -> str:
    parts = [f"{wanted.event} at {wanted.at_s:g} s"]
    told = {"rule": wanted.rule, "signal": wanted.signal, "side": wanted.side}
    parts += [f"{name} {value}" for name, value in told.items() if value is not None]
    if wanted.onset_s is not None:
        parts.append(f"onset {wanted.onset_s:g} s")
    if wanted.value is not None:
        parts.append(f"value {wanted.value:g}")
    return ", ".join(parts)


def _say(signals: Sequence[Signal], event: Event) -> str:
    return (
        f"{event.kind.name.lower()} at {_second(event.time_ns):g} s, rule {event.rule}, signal"
        f" {signals[event.signal].path}, side {event.side or 'none'}, onset"
        f" {_second(event.onset_ns):g} s, value {event.value:g}"
    )
