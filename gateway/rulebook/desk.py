"""The desk at which people change rules; see `gateway.ports.RuleDesk`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.detect import versions
from gateway.detect.cases import CaseOptions
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions
from gateway.detect.status import written
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.ports import Catalogue
from gateway.rulebook import draft, overrides
from gateway.rulebook.overrides import Override, Settled
from gateway.rulesheet import RuleChange, RuleOrigin, RuleSheet
from gateway.store import Store


class RuleDesk:
    """Rules of the files with what people changed laid over them.

    `open` settles which of both holds; the rules that are to run are then `rules()`, and `attach` names who runs them.
    """

    def __init__(
        self, *, store: Store, clock: Clock, catalogue: Catalogue, settled: Settled
    ) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue
        self._settled = settled
        self._files: Mapping[str, RuleOptions] = {}
        self._cases: Mapping[str, CaseOptions] = {}
        self._folder = Path()
        self._detector: Detector | None = None
        self._lock = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        files: Mapping[str, RuleOptions],
        cases: Mapping[str, CaseOptions],
        *,
        folder: Path,
        store: Store,
        clock: Clock,
        catalogue: Catalogue,
    ) -> Self:
        """Settle what holds, and write down where it is not what held before."""
        now_ns = clock.now_ns()

        def work(connection: Connection) -> Settled:
            settled = _settled(connection, files)
            versions.record(
                connection,
                settled.rules,
                by="configuration",
                reason="the gateway was started",
                reasons=settled.reasons,
                now_ns=now_ns,
            )
            return settled

        desk = cls(store=store, clock=clock, catalogue=catalogue, settled=await store.run(work))
        desk._files, desk._cases, desk._folder = files, cases, folder
        return desk

    def rules(self) -> Mapping[str, RuleOptions]:
        """Return the rules that are to run."""
        return self._settled.rules

    def attach(self, detector: Detector) -> None:
        """Name who runs them."""
        self._detector = detector

    async def reread(
        self, files: Mapping[str, RuleOptions], cases: Mapping[str, CaseOptions]
    ) -> None:
        """Run what the files say now, with what people changed of it laid over; raises `StorageError` with nothing done."""
        async with self._lock:
            held = await self._store.run(overrides.read)
            settled = overrides.settle(files, held)

            def drop(connection: Connection) -> None:
                for rule in {*held} - {*settled.changed}:
                    overrides.drop(connection, rule)

            await self._runs().replace_rules(settled.rules, reasons=settled.reasons, also=drop)
            self._settled, self._files, self._cases = settled, files, cases

    async def sheet(self, rule: str) -> RuleSheet:
        """Return a rule as it can be changed; raises `NotFoundError`."""
        now, in_files = self._known(rule)
        newest = await self._store.run(versions.newest)
        error = next((one.error for one in self._runs().rules() if one.id == rule), "")
        return RuleSheet(
            id=rule,
            revision=newest[rule].revision if rule in newest else 0,
            origin=RuleOrigin.PEOPLE if rule in self._settled.changed else RuleOrigin.FILES,
            settings=written(now),
            in_files=written(in_files),
            fields=draft.fields(now),
            cases=draft.concerned(rule, self._cases),
            error=error,
        )

    async def change(self, rule: str, change: RuleChange, *, revision: int, by: str) -> RuleSheet:
        """Run a rule with other settings; see the port."""
        async with self._lock:
            now, _ = self._known(rule)
            made = draft.checked(rule, change.settings, self._catalogue.all())
            if written(made) == written(now):
                raise InvalidRequestError(f"these are the settings that rule {rule} has already")
            rules = {**self._settled.rules, rule: made}
            await asyncio.to_thread(
                draft.hold, rule, rules, self._cases, self._folder, change.despite
            )
            reason = change.reason
            if change.despite:
                reason += f" (although these cases fail: {', '.join(change.despite)})"
            await self._place(rule, made, revision=revision, by=by, reason=reason)
        return await self.sheet(rule)

    async def take_back(
        self, rule: str, *, to: int | None, revision: int, by: str, reason: str
    ) -> RuleSheet:
        """Run a rule as it was; see the port."""
        async with self._lock:
            now, made = self._known(rule)
            if to is not None:
                kept = await self._store.run(lambda c: versions.of_rule(c, rule))
                then = next((one for one in kept if one.revision == to), None)
                if then is None or then.settings is None:
                    raise NotFoundError(f"rule {rule} has no settings of revision {to}")
                made = draft.checked(rule, then.settings, self._catalogue.all())
            if written(made) == written(now):
                raise InvalidRequestError(f"these are the settings that rule {rule} has already")
            what = "the files again" if to is None else f"revision {to} again"
            await self._place(rule, made, revision=revision, by=by, reason=f"{reason} ({what})")
        return await self.sheet(rule)

    async def _place(
        self, rule: str, made: RuleOptions, *, revision: int, by: str, reason: str
    ) -> None:
        """Put settings in force, with their version, in one transaction; raises `ConflictError` where others came first."""
        now_ns, base = self._clock.now_ns(), written(self._files[rule])
        held = Override(written(made), base, revision + 1, by)
        own = held.settings != base

        def also(connection: Connection) -> None:
            if own:
                overrides.put(connection, rule, held, reason, now_ns)
            else:
                overrides.drop(connection, rule)

        # Nothing else writes versions while the lock is held.
        await _unchanged(self._store, rule, revision)
        rules = {**self._settled.rules, rule: made}
        await self._runs().replace_rules(rules, by=by, reason=reason, also=also)
        changed = {name: one for name, one in self._settled.changed.items() if name != rule}
        if own:
            changed[rule] = held
        self._settled = Settled(rules, changed, {})

    def _known(self, rule: str) -> tuple[RuleOptions, RuleOptions]:
        """Return a rule as it runs and as the files have it; raises `NotFoundError`."""
        if rule not in self._files:
            raise NotFoundError(f"there is no rule {rule[:64]!r} in the configuration")
        return self._settled.rules[rule], self._files[rule]

    def _runs(self) -> Detector:
        assert self._detector is not None, "attach comes before anything is asked"
        return self._detector


def _settled(connection: Connection, files: Mapping[str, RuleOptions]) -> Settled:
    held = overrides.read(connection)
    settled = overrides.settle(files, held)
    for rule in {*held} - {*settled.changed}:
        overrides.drop(connection, rule)
    return settled


async def _unchanged(store: Store, rule: str, revision: int) -> None:
    """Refuse where `revision` is not the newest."""

    def work(connection: Connection) -> Any:
        return versions.newest(connection).get(rule)

    newest = await store.run(work)
    now = 0 if newest is None else newest.revision
    if now != revision:
        who = "" if newest is None else f" by {newest.by}: {newest.reason}"
        raise ConflictError(f"rule {rule} is at revision {now} now, not {revision}{who}")
