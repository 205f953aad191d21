"""Reads what was so when an issue opened, beside its samples, a moment after the opening, and freezes it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, update

from gateway.clock import NS_PER_MS, NS_PER_S, Clock
from gateway.errors import NotConnectedError, NotFoundError, StorageError, TaktlineError
from gateway.issues.around.counted import named, words
from gateway.issues.around.written import CHANGES_NS, MOST, written
from gateway.issues.context import ContextState
from gateway.issues.desk import IssueDesk
from gateway.issues.opening.options import IssueOptions
from gateway.issues.records import add_event, find
from gateway.model import Signal, SignalKind
from gateway.ports import Buckets, Catalogue, History, Performance
from gateway.store import Store
from gateway.store.issue_tables import issue_context

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
RETRY_NS: Final = 10 * NS_PER_S
GIVE_UP_NS: Final = 3600 * NS_PER_S
"""After so long, what can be read is taken and the rest is named as missing."""

STATES_NS: Final = 3600 * NS_PER_S
WORDS_NS: Final = 30 * 24 * 3600 * NS_PER_S
BUCKETS: Final = 1440


OnDuty: TypeAlias = "Callable[[str, str, int], Mapping[str, Sequence[str]]]"
"""Who is on duty for an asset and a type of issue at a moment, by team."""


def nobody(_asset: str, _kind: str, _at_ns: int) -> Mapping[str, Sequence[str]]:
    """Return nobody: there are no teams."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Where the context is read from."""

    history: History
    catalogue: Catalogue
    performance: Performance
    options: IssueOptions
    time_zone: str
    on_duty: OnDuty = nobody


class ContextReader:
    """Freezes the context of new issues; what cannot be read yet is tried again."""

    def __init__(self, *, store: Store, around: Around, issues: IssueDesk, clock: Clock) -> None:
        self._store = store
        self._issues = issues
        self._around = around
        self._clock = clock

    async def collect(self) -> int:
        """Freeze what is due; return how many were frozen. Raises `StorageError`, `NotConnectedError`."""
        now_ns = self._clock.now_ns()
        done = 0
        for row in await self._store.run(lambda c: _due(c, now_ns)):
            body = await self._read(row)
            if body["missing"] and now_ns < body.pop("until"):
                await self._store.run(partial(_postpone, row=row, now_ns=now_ns))
                continue
            body.pop("until", None)
            await self._issues.change(partial(_freeze, row=row, body=body, now_ns=now_ns))
            done += 1
        return done

    async def run(self) -> None:
        """Collect until cancelled; a store that is away is tried again."""
        failing = False
        while True:
            try:
                await self.collect()
                if failing:
                    log.info("the store answers again, contexts of issues are read")
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("contexts of issues wait for the store: %s", error)
                failing = True
            await self._clock.sleep(LOOK_EVERY_S)

    async def _read(self, row: Row[Any]) -> dict[str, Any]:
        found = await self._store.run(lambda c: find(c, row.issue))
        body: dict[str, Any] = {"missing": [], "until": found.opened_ns + GIVE_UP_NS}
        body |= await self._store.run(lambda c: written(c, found))
        body["on_duty"] = {
            team: list(people)
            for team, people in self._around.on_duty(
                found.asset, found.type, found.onset_ns
            ).items()
        }
        body["shift"] = self._shift(found)
        try:
            body["states"] = await self._states(found)
        except NotFoundError:
            body["states"] = []
        except TaktlineError as error:
            body["missing"].append(f"states: {error}")
        options = self._around.options
        for name, signal in (
            ("product", options.product_signal),
            ("order", options.order_signal),
            ("operator", options.operator_signal),
            ("tool", options.tool_signal),
            ("recipe", options.recipe_signal),
        ):
            try:
                body[name], changes = await self._word(found, name, signal)
                body["changes"] += changes
            except TaktlineError as error:
                body["missing"].append(f"{name}: {error}")
        try:
            body["changes"] += await self._set_points(found)
        except TaktlineError as error:
            body["missing"].append(f"set-points: {error}")
        newest_first = sorted(body["changes"], key=lambda change: -change["time_ms"])
        body["changes"] = newest_first[:MOST]
        return body

    def _shift(self, found: Row[Any]) -> str:
        """Return the shift that the machine was in at the onset, "" outside every shift."""
        day = datetime.fromtimestamp(
            found.onset_ns / NS_PER_S, ZoneInfo(self._around.time_zone)
        ).date()
        for each in (day - timedelta(days=1), day):
            for shift in self._around.performance.shifts(each):
                if shift.start_ns <= found.onset_ns < shift.end_ns and found.asset in shift.units:
                    return shift.shift
        return ""

    async def _states(self, found: Row[Any]) -> list[dict[str, Any]]:
        """Return the machine's states from an hour before the onset to the opening."""
        intervals = await self._around.performance.intervals(
            found.asset,
            start_ns=found.onset_ns - STATES_NS,
            end_ns=found.opened_ns + NS_PER_S,
            limit=500,
        )
        return [
            {
                "start_ms": interval.start_ns / NS_PER_MS,
                "end_ms": interval.end_ns / NS_PER_MS,
                "state": interval.state_name,
                "mode": interval.mode_name,
                "booked": interval.booked,
            }
            for interval in intervals
        ]

    async def _word(
        self, found: Row[Any], name: str, signal: str
    ) -> tuple[str, list[dict[str, Any]]]:
        """Return what a signal said at the onset, and how it changed in the day before."""
        around = self._around
        index = named(around.catalogue, found.asset, signal)
        said = await words(
            around.history,
            around.catalogue,
            index,
            start_ns=found.onset_ns - WORDS_NS,
            end_ns=found.onset_ns + 1,
        )
        changes = [
            {
                "time_ms": time_ns / NS_PER_MS,
                "kind": name,
                "by": "machine",
                "text": f"{name} {word}",
            }
            for time_ns, word in said.changes()[1:]
            if time_ns >= found.onset_ns - CHANGES_NS
        ]
        return said.at(found.onset_ns), changes[-MOST:]

    async def _set_points(self, found: Row[Any]) -> list[dict[str, Any]]:
        """Return how the machine's set-points changed in the day before, whoever changed them."""
        around = self._around
        indices = [
            index
            for index, signal in enumerate(around.catalogue.all())
            if signal.kind is SignalKind.SETPOINT and signal.machine == found.asset
        ][:MOST]
        if not indices:
            return []
        series = await around.history.buckets(
            indices,
            start_ns=found.onset_ns - CHANGES_NS,
            end_ns=found.onset_ns + 1,
            max_points=BUCKETS,
        )
        return [
            change
            for buckets in series
            for change in _steps(around.catalogue.signal(buckets.signal), buckets)
        ]


def _steps(signal: Signal, buckets: Buckets) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = math.nan
    rows = zip(buckets.start_ns.tolist(), buckets.last.tolist(), strict=True)
    for start_ns, last in rows:
        if not math.isfinite(last):
            continue
        if math.isfinite(before) and last != before:
            text = f"{signal.name} from {before:g} to {last:g} {signal.unit}".strip()
            time_ms = start_ns / NS_PER_MS
            found.append({"time_ms": time_ms, "kind": "setpoint", "by": "machine", "text": text})
        before = last
    return found[-MOST:]


def _due(connection: Connection, now_ns: int) -> list[Row[Any]]:
    wanted = (issue_context.c.state == ContextState.WANTED) & (issue_context.c.due_ns <= now_ns)
    query = select(issue_context).where(wanted).order_by(issue_context.c.due_ns).limit(16)
    return list(connection.execute(query).all())


def _postpone(connection: Connection, *, row: Row[Any], now_ns: int) -> None:
    ours = issue_context.c.issue == row.issue
    connection.execute(update(issue_context).where(ours).values(due_ns=now_ns + RETRY_NS))


def _freeze(connection: Connection, *, row: Row[Any], body: Mapping[str, Any], now_ns: int) -> None:
    ours = issue_context.c.issue == row.issue
    values = {"state": ContextState.FROZEN, "frozen_ns": now_ns, "body": dict(body)}
    connection.execute(update(issue_context).where(ours).values(**values))
    detail = {"changes_before": len(body["changes"]), "states": len(body.get("states", []))}
    add_event(connection, row.issue, time_ns=now_ns, action="context", by="gateway", detail=detail)
