"""Keeps the limits of control charts: frozen ones are written down once, and come back whenever a chart would begin anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.chart import BaselineState, ChartPhase
from gateway.detect.charts import baselines
from gateway.detect.charts.baselines import ChartKey, Kept, basis
from gateway.detect.charts.live import LiveChart, charted
from gateway.detect.options import SpcRule
from gateway.detect.running import Running
from gateway.errors import ConflictError, NotFoundError
from gateway.ports import Catalogue
from gateway.store import Store
from rules.families import spc
from rules.spc.autocorrelation import sentence
from rules.spc.phase1 import FrozenLimits
from rules.state import Memory, State


class Fresh(NamedTuple):
    """Limits that Phase I has just frozen."""

    key: ChartKey
    kept: Kept


class KeptLimits:
    """The limits in force of every chart, as the store has them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: dict[ChartKey, Kept] = {}

    def load(self, connection: Connection) -> None:
        """Read them."""
        self._kept = dict(baselines.in_force(connection))

    def of(self, key: ChartKey) -> Kept | None:
        """Return what is in force for a chart, None before Phase I is over."""
        return self._kept.get(key)

    def note(self, key: ChartKey, kept: Kept) -> None:
        """Remember what has just been written down."""
        self._kept[key] = kept

    def key(self, one: LiveChart) -> ChartKey:
        """Return the key of a live chart."""
        return ChartKey(one.rule, self._catalogue.signal(one.signal).path, one.side)

    def restore(self, running: Running) -> Running:
        """Let every chart that would estimate anew go on with the limits it had, if its points are made as then."""
        if not self._kept:
            return running
        for one in [*charted(running)]:
            kept = self._kept.get(self.key(one))
            rule = running.rules.get(one.rule)
            if kept is None or one.phase is not ChartPhase.ESTIMATING:
                continue
            if not isinstance(rule, SpcRule) or kept.basis != basis(rule.to_spec("")):
                continue
            running = put(running, one, kept.limits)
        return running

    def placed(
        self, running: Running | None, key: ChartKey, limits: FrozenLimits, *, replaces: str
    ) -> Running:
        """Return the running rules with these limits on a chart; raises `NotFoundError`, `ConflictError`."""
        if running is None:
            raise NotFoundError("the rules have seen nothing yet, so no chart runs")
        one = find(running, key.rule, self._catalogue.index(key.signal), key.side)
        expect(one, replaces)
        return put(running, one, limits)

    async def keep(self, running: Running, store: Store, *, now_ns: int) -> None:
        """Write down what Phase I has frozen since; raises `StorageError`, `NotConnectedError`."""
        fresh = self.fresh(running)
        if not fresh:
            return

        def work(connection: Connection) -> None:
            for key, kept in fresh:
                before = self._kept.get(key)
                baselines.write(
                    connection,
                    key,
                    kept,
                    replaces="" if before is None else before.limits.version,
                    by=f"rule {key.rule}",
                    reason="estimated from the first points",
                    now_ns=now_ns,
                )

        await store.run(work)
        for key, kept in fresh:
            self.note(key, kept)

    def fresh(self, running: Running) -> list[Fresh]:
        """Return what was frozen since; limits from the configuration are not kept here."""
        found: list[Fresh] = []
        for one in charted(running):
            rule = running.rules.get(one.rule)
            if one.limits is None or one.learned is None or not isinstance(rule, SpcRule):
                continue
            key, based = self.key(one), basis(rule.to_spec(""))
            known = self._kept.get(key)
            if known is None or (known.basis, known.limits.version) != (based, one.limits.version):
                said = sentence(one.learned, phi=one.limits.phi, every=one.limits.every)
                limits = replace(one.limits, said=said)
                found.append(Fresh(key, Kept(based, limits, BaselineState.ESTIMATED)))
        return found


def put(running: Running, one: LiveChart, limits: FrozenLimits) -> Running:
    """Return the running rules with other limits on one chart; its sums and runs begin anew."""
    name = spc.FAMILY.name
    _, block = running.table.blocks[name]
    at = next(
        n
        for n, key in enumerate(block.keys)
        if (key.rule, key.signal, key.side) == (one.rule, one.signal, one.side)
    )
    columns = {
        column: array.copy() for column, array in running.state.memories[name].columns.items()
    }
    spc.rebaseline(block, columns, at, limits)
    memories = {**running.state.memories, name: Memory(block.keys, columns)}
    return replace(running, state=State(running.state.now_ns, memories))


def find(running: Running, rule: str, signal: int, side: str) -> LiveChart:
    """Return a live chart; raises `NotFoundError`."""
    for one in charted(running):
        if (one.rule, one.signal, one.side) == (rule, signal, side):
            return one
    raise NotFoundError(f"rule {rule[:64]!r} keeps no such chart now")


def expect(one: LiveChart, replaces: str) -> None:
    """Refuse where other limits are in force than those that were seen; raises `ConflictError`."""
    now = "" if one.limits is None else one.limits.version
    if now != replaces:
        raise ConflictError(
            f"the limits in force are {now or 'none'} now, not {replaces or 'none'}: propose again"
        )


def frozen_count(running: Running | None) -> int:
    """Return how many charts monitor: it changes where limits were frozen."""
    if running is None:
        return 0
    phases: Mapping[str, object] = running.state.memories[spc.FAMILY.name].columns
    phase = phases.get("phase")
    return 0 if phase is None else int((phase == 1).sum())  # type: ignore[attr-defined]  # a column
