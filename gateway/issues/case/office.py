"""The `Cases` port: the desk of cases together with what it takes from history, catalogue and performance."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from gateway.clock import NS_PER_MS, NS_PER_S, Clock
from gateway.corrective import (
    Action,
    ActionKind,
    Attachment,
    Case,
    Hint,
    Learning,
    Mention,
    MyWork,
    Template,
)
from gateway.deviation import LIVING, IssueState
from gateway.errors import ConflictError, InvalidRequestError
from gateway.issues.around.counted import pieces
from gateway.issues.case import files, work
from gateway.issues.case.desk import CaseDesk, read_case
from gateway.issues.desk import IssueDesk
from gateway.issues.learn import pareto, practices, spans
from gateway.issues.opening.options import IssueOptions
from gateway.issues.records import add_event, find
from gateway.issues.verify import rounds, similar
from gateway.issues.verify.baseline import suggested
from gateway.issues.verify.criteria import checked_settings
from gateway.issues.verify.watcher import Sources
from gateway.model import Principal
from gateway.store import Store
from gateway.store.issue_tables import issue_verification
from gateway.store.tables import issue_event

LOOK_BACK_NS: Final = 24 * 3600 * NS_PER_S
READ_LIMIT: Final = 50_000
MOST_MINE: Final = 200
MOST_MENTIONS: Final = 50
LONGEST_NS: Final = 400 * 86_400 * NS_PER_S
PLANNED: Final = (IssueState.ROOT_CAUSE, IssueState.ACTION_PLANNED, IssueState.IMPLEMENTED)


class CaseOffice(CaseDesk):
    """Cases with all that is computed for them."""

    def __init__(
        self,
        *,
        issues: IssueDesk,
        store: Store,
        clock: Clock,
        sources: Sources,
        options: IssueOptions,
        time_zone: str,
        site: str,
    ) -> None:
        super().__init__(issues=issues, store=store, clock=clock)
        self._sources = sources
        self._options = options
        self._zone = ZoneInfo(time_zone)
        self._site = site

    async def suspect(
        self, number: int, *, version: int, from_ns: int | None, to_ns: int | None, by: Principal
    ) -> Case:
        """Compute the suspect quantity and keep it in the form; see `gateway.ports.Cases`."""
        found = await self._store.run(lambda c: find(c, number))
        now_ns = self._clock.now_ns()
        start_ns = from_ns if from_ns is not None else await self._last_good(found)
        end_ns = to_ns if to_ns is not None else now_ns
        if not start_ns < end_ns <= now_ns + NS_PER_S:
            raise InvalidRequestError("want a time from before a time to, neither in the future")
        made = await pieces(
            self._sources.history,
            self._sources.catalogue,
            found.asset,
            start_ns=start_ns,
            end_ns=end_ns,
        )
        if made.made is None:
            raise ConflictError(
                f"{found.asset} has no counter of good or rejected pieces: count the suspect quantity"
                " and enter it"
            )
        given = "as given" if from_ns is not None else "last good sample"
        basis = (
            f"{made.good if made.good is not None else 'no'} good and"
            f" {made.rejected if made.rejected is not None else 'no'} rejected pieces by the counters"
            f" of {found.asset}, from {self._said(start_ns)} ({given}) to {self._said(end_ns)}"
        )
        changes = {
            "suspect.quantity": float(made.made),
            "suspect.basis": basis,
            "containment.from_ms": start_ns // NS_PER_MS,
            "containment.to_ms": end_ns // NS_PER_MS,
        }
        return await self.edit(number, version=version, changes=changes, by=by)

    async def _last_good(self, found: Row[Any]) -> int:
        """Return the time of the last good sample before the onset, else the onset."""
        index = self._sources.catalogue.index(found.signal)
        onset_ns = found.onset_ns
        span_ns = 60 * NS_PER_S
        while span_ns <= LOOK_BACK_NS:
            rows = await self._sources.history.rows(
                [index], start_ns=onset_ns - span_ns, end_ns=onset_ns, limit=READ_LIMIT
            )
            good = rows.source_ns[rows.quality >> 30 == 0]
            if len(good):
                return int(good[-1])
            span_ns *= 10
        return int(onset_ns)

    def _said(self, time_ns: int) -> str:
        at = datetime.fromtimestamp(time_ns / NS_PER_S, self._zone)
        return f"{at:%Y-%m-%d %H:%M:%S}"

    async def add_action(
        self, number: int, *, kind: str, fields: Mapping[str, object], by: Principal
    ) -> Case:
        """Plan an action; see `gateway.ports.Cases`."""
        if kind not in {*ActionKind}:
            raise InvalidRequestError(f"kind: want one of {', '.join(ActionKind)}")
        now_ns = self._clock.now_ns()
        await self.change(
            number,
            None,
            lambda c, row: work.add(
                c, row, kind=ActionKind(kind), wanted=fields, by=by.name, now_ns=now_ns
            ),
        )
        return await self.case(number)

    async def change_action(
        self, number: int, which: int, *, version: int, fields: Mapping[str, object], by: Principal
    ) -> Action:
        """Change an action; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        return await self.change(
            number,
            None,
            lambda c, row: work.change(
                c, row, which, version=version, wanted=fields, by=by.name, now_ns=now_ns
            ),
        )

    async def attach(self, number: int, *, name: str, data: bytes, by: Principal) -> Case:
        """Attach a file; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        options = self._options.attachments
        await self.change(
            number,
            None,
            lambda c, row: files.add(
                c, row, name=name, data=data, options=options, by=by.name, now_ns=now_ns
            ),
        )
        return await self.case(number)

    async def attachment(self, number: int, which: int) -> tuple[Attachment, bytes]:
        """Return a file with its content; raises `NotFoundError`."""
        return await self._store.run(lambda c: files.read(c, number, which))

    async def remove_attachment(self, number: int, which: int, *, by: Principal) -> Case:
        """Take a file away; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        await self.change(
            number, None, lambda c, row: files.remove(c, row, which, by=by.name, now_ns=now_ns)
        )
        return await self.case(number)

    async def prove(
        self, number: int, *, template: str, settings: Mapping[str, object], by: Principal
    ) -> Case:
        """Choose how the data will prove the fix; see `gateway.ports.Cases`."""
        chosen = _template(template)
        kept = checked_settings(chosen, settings)
        now_ns = self._clock.now_ns()

        def work_on(connection: Connection, row: Row[Any]) -> None:
            state = IssueState(row.state)
            if state not in {*PLANNED, IssueState.VERIFYING}:
                raise ConflictError(
                    f"issue {number} is {state}: a proof is chosen from root cause to verification"
                )
            starts = state is IssueState.VERIFYING
            which = rounds.choose(
                connection, number, chosen, kept, by=by.name, now_ns=now_ns, starts=starts
            )
            detail = {"round": which, "template": chosen, "settings": kept}
            detail["version"] = row.version + 1
            add_event(
                connection,
                number,
                time_ns=now_ns,
                action="proof_chosen",
                by=by.name,
                detail=detail,
            )

        await self.change(number, None, work_on)
        return await self.case(number)

    async def baseline(self, number: int, template: str) -> Mapping[str, object]:
        """Return what the data before suggests for a template; see `gateway.ports.Cases`."""
        found = await self._store.run(lambda c: find(c, number))
        return await suggested(
            _template(template),
            found,
            store=self._store,
            sources=self._sources,
            now_ns=self._clock.now_ns(),
        )

    async def propose_similar(self, number: int, *, by: Principal) -> Case:
        """Look for similar machines; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        signals = self._sources.catalogue.all()

        await self.change(
            number,
            None,
            lambda c, row: similar.propose(c, row, signals, by=by.name, now_ns=now_ns),
        )
        return await self.case(number)

    async def check_similar(self, number: int, *, asset: str, finding: str, by: Principal) -> Case:
        """Note what a look at a similar machine found; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        await self.change(
            number,
            None,
            lambda c, row: similar.check(c, row, asset, finding=finding, by=by.name, now_ns=now_ns),
        )
        return await self.case(number)

    async def my_work(self, name: str) -> MyWork:
        """Return what waits for a person; see `gateway.ports.Cases`."""
        owned = await self._issues.list(states=LIVING, limit=MOST_MINE, owner=name)
        actions = await self._store.run(lambda c: work.of_owner(c, name, limit=MOST_MINE))
        mentions = await self._store.run(lambda c: _mentions(c, name))
        return MyWork(issues=owned, actions=actions, mentions=mentions)

    async def learn(self, *, start_ns: int, end_ns: int, by: str) -> Learning:
        """Return what issues teach; see `gateway.ports.Cases`."""
        if not 0 < end_ns - start_ns <= LONGEST_NS:
            raise InvalidRequestError("want a range that ends after its start, of at most 400 days")
        if by not in pareto.BY:
            raise InvalidRequestError(f"by: {by[:40]!r} is none of {', '.join(pareto.BY)}")
        shifts = self._shifts(start_ns, end_ns)

        def shift_of(asset: str, time_ns: int) -> str:
            inside = (
                name
                for name, units, start, end in shifts
                if start <= time_ns < end and asset in units
            )
            return next(inside, "")

        now_ns = self._clock.now_ns()
        cost = self._options.cost
        told, effects = await self._store.run(
            lambda c: (
                spans.read(
                    c,
                    start_ns=start_ns,
                    end_ns=end_ns,
                    now_ns=now_ns,
                    cost=cost,
                    shift_of=shift_of,
                ),
                _effects(c),
            )
        )
        return Learning(
            start_ns=start_ns,
            end_ns=end_ns,
            by=by,
            bars=pareto.bars(told, by),
            trend=pareto.trend(
                told, start_ns=start_ns, end_ns=min(end_ns, now_ns), zone=self._zone
            ),
            backlog=pareto.backlog(told, effects, start_ns=start_ns, end_ns=min(end_ns, now_ns)),
            currency=cost.currency,
            remarks=_remarks(told, self._options),
        )

    def _shifts(self, start_ns: int, end_ns: int) -> list[tuple[str, frozenset[str], int, int]]:
        first = datetime.fromtimestamp(start_ns / NS_PER_S, self._zone).date().toordinal() - 1
        last = datetime.fromtimestamp(end_ns / NS_PER_S, self._zone).date().toordinal()
        return [
            (shift.shift, frozenset(shift.units), shift.start_ns, shift.end_ns)
            for day in range(first, last + 1)
            for shift in self._sources.performance.shifts(date.fromordinal(day))
        ]

    async def hints(self) -> Sequence[Hint]:
        """Return the practices that the records show; see `gateway.ports.Cases`."""
        now_ns = self._clock.now_ns()
        return await self._store.run(lambda c: practices.hints(c, now_ns=now_ns))

    async def report_pdf(self, number: int) -> bytes:
        """Return the whole case as a PDF document; raises `NotFoundError`."""
        case = await self._store.run(lambda c: read_case(c, number))
        events = await self._issues.events(after=0, limit=1000, issue=number)
        from gateway.issues.case.paper import paper  # noqa: PLC0415 - reportlab: half a second that only who prints pays

        return await asyncio.to_thread(paper, case, events, zone=self._zone, site=self._site)


def _template(name: str) -> Template:
    if name not in {*Template}:
        raise InvalidRequestError(f"template: want one of {', '.join(Template)}")
    return Template(name)


def _effects(connection: Connection) -> dict[int, Mapping[str, Any]]:
    query = select(issue_verification).where(issue_verification.c.state == "met")
    rows = connection.execute(query.order_by(issue_verification.c.round))
    return {row.issue: {"template": row.template, **row.progress} for row in rows}


def _mentions(connection: Connection, name: str) -> list[Mention]:
    """Return the newest comments that say @name."""
    query = select(issue_event).where(issue_event.c.action == "commented")
    query = query.order_by(issue_event.c.seq.desc()).limit(2000)
    found = []
    for row in connection.execute(query):
        if name in row.detail.get("mentions", ()):
            text = str(row.detail.get("text", ""))
            found.append(Mention(issue=row.issue, time_ns=row.time_ns, by=row.by, text=text))
    return found[:MOST_MENTIONS]


def _remarks(told: Sequence[spans.Told], options: IssueOptions) -> list[str]:
    """Return what the figures leave out."""
    found = []
    unknown = sum(1 for one in told if not one.product)
    if unknown:
        found.append(f"The product is not known of {unknown} of {len(told)} issues.")
    cost = options.cost
    if not (cost.unit_cost or cost.products or cost.hour_cost):
        found.append("No standard cost is configured (issues.cost): losses have no amount.")
    return found
