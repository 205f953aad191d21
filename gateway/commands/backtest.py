"""`taktline backtest`: a rule over history from its files, before anybody enables it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from gateway.assembly.state import store_url
from gateway.backtest import BacktestReport, BacktestRequest, Outcome, Sweep
from gateway.clock import NS_PER_S, SystemClock
from gateway.commands.when import parse_when
from gateway.config.schema import GatewayOptions, load
from gateway.detect.backtest.jobs import backtest
from gateway.errors import InvalidRequestError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.issues import IssueDesk
from gateway.ports import Progress
from gateway.store import Store
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.lock import DirectoryLock


def run(
    config: Path,
    rule: str,
    *,
    changes: Sequence[str],
    sweep: str,
    suggest: bool,
    start: str,
    end: str,
) -> tuple[BacktestReport, str]:
    """Run a backtest with a progress bar; return its report and the plant's time zone.

    Raises `ConfigError` where a gateway owns the data (its REST does the same), `InvalidRequestError`.
    """
    options = load(config).options
    now_ns, zone = SystemClock().now_ns(), options.plant.time_zone
    parameter, _, values = sweep.partition("=")
    kind = Sweep.NUISANCE if suggest else Sweep.PARAMETER if sweep else Sweep.NONE
    request = BacktestRequest(
        rule=rule,
        changes=dict(_change(text) for text in changes),
        start_ns=parse_when(start, zone=zone, now_ns=now_ns),
        end_ns=parse_when(end, zone=zone, now_ns=now_ns),
        sweep=kind,
        parameter=parameter,
        values=_numbers(values) if kind is Sweep.PARAMETER else (),
    )
    if request.end_ns <= request.start_ns:
        raise InvalidRequestError("the range is empty: --to must be after --from")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TextColumn("rows"), TimeRemainingColumn()) as bar:
        task = bar.add_task("Backtest", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        with DirectoryLock(options.data_dir):
            return asyncio.run(_from_files(options, request, progress)), zone


def _change(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidRequestError(f"--set {text!r}: want setting=value, such as high=505")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InvalidRequestError(f"--set {text!r}: the value cannot be read") from error


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        msg = "--sweep: want setting=numbers, such as high=503,504,505"
        raise InvalidRequestError(msg) from error


async def _from_files(
    options: GatewayOptions, request: BacktestRequest, progress: Progress
) -> BacktestReport:
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        journal = Journal.open(options.data_dir / "journal", clock=clock, options=options.journal)
        opened.push_async_callback(journal.close)
        catalogue = JournalCatalogue(journal)
        opened.callback(catalogue.close)
        history: EmbeddedHistorian | InfluxHistorian
        if isinstance(options.historian, InfluxOptions):
            history = InfluxHistorian(options.historian, catalogue=catalogue, clock=clock)
        else:
            folder = options.data_dir / "history"
            history = EmbeddedHistorian.open(
                folder, catalogue=catalogue, clock=clock, options=options.historian
            )
        opened.push_async_callback(history.close)
        store = await Store.open(store_url(options))
        opened.push_async_callback(store.close)
        return await backtest(
            request,
            rules=options.rules,
            catalogue=catalogue,
            history=history,
            issues=await IssueDesk.open(store=store, history=history, clock=clock),
            time_zone=options.plant.time_zone,
            progress=progress,
        )


def say(report: BacktestReport, zone: str) -> str:
    """Return a report for the terminal."""
    told = report.outcome
    lines = [
        f"{report.rows} rows of {report.signals} signals, rule version {report.version}",
        f"alarms: {told.alarms} ({told.alarms_per_day:.1f} a day)",
        f"real issues: {told.real_issues}, hit {told.hits}, missed {told.misses};"
        f" false alarms {told.false_alarms} ({told.false_alarms_per_day:.1f} a day);"
        f" median lead {_seconds(told.median_lead_s)}",
    ]
    if told.truncated:
        lines.append("too many alarms: only the first were held against the issues")
    lines += ["", "alarms by shift"]
    for period in report.per_shift:
        begun = datetime.fromtimestamp(period.start_ns / NS_PER_S, UTC).astimezone(ZoneInfo(zone))
        lines.append(f"  {begun:%Y-%m-%d %H:%M}  {period.alarms}")
    if report.curve:
        lines += ["", "settings                         alarms  hits  missed  false  lead"]
        lines += [_row(one) for one in (told, *report.curve)]
    if report.suggestion is not None:
        changes = ", ".join(f"{k}: {v}" for k, v in report.suggestion.changes.items())
        lines += ["", f"suggestion: {changes} leaves {report.suggestion.alarms} alarms"]
    return "\n".join(lines)


def _row(one: Outcome) -> str:
    changes = ", ".join(f"{name}={value}" for name, value in one.changes.items()) or "as asked"
    return (
        f"  {changes:<30} {one.alarms:>6} {one.hits:>5} {one.misses:>7} {one.false_alarms:>6}"
        f"  {_seconds(one.median_lead_s)}"
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"
