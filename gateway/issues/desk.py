"""The desk at which rules report and people work: every change numbered, committed, and told to who waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Self, TypeAlias, TypeVar

from sqlalchemy import Connection, Select, or_, select, update

from gateway.clock import Clock
from gateway.deviation import Issue, IssueEvent, IssueState, Severity
from gateway.errors import InvalidRequestError, NotConnectedError, StorageError
from gateway.issues import deviations, evidence
from gateway.issues.collector import Collector
from gateway.issues.deviations import EVERYTHING, NOWHERE
from gateway.issues.lifecycle import IssueAction, after
from gateway.issues.opening import Policy
from gateway.issues.records import add_event, children_of, find, read_number, to_event, to_issue
from gateway.issues.report import Clearing, Deviation
from gateway.issues.text import Length, Need, clean, mentions
from gateway.issues.topology import Topology
from gateway.model import Principal
from gateway.ports import History
from gateway.store import Store
from gateway.store.tables import issue, issue_event

log = logging.getLogger(__name__)

T = TypeVar("T")
Sift: TypeAlias = "Callable[[Connection], Sequence[Deviation | Clearing]]"

MAX_LIST: Final = 1000
COLLECT_EVERY_S: Final = 1.0
TOLD_AS: Final = {IssueAction.ACKNOWLEDGE: "acknowledged", IssueAction.REJECT: "rejected"}


class IssueDesk:
    """The `Issues` port, and where rules raise and clear deviations. Build it with `open`."""

    def __init__(
        self,
        *,
        store: Store,
        history: History,
        clock: Clock,
        revision: int,
        topology: Topology = NOWHERE,
        policy: Policy = EVERYTHING,
    ) -> None:
        self._topology = topology
        self._policy = policy
        self._store = store
        self._clock = clock
        self._collector = Collector(store=store, history=history, clock=clock)
        self._revision = revision
        self._changed = asyncio.Condition()

    @classmethod
    async def open(
        cls,
        *,
        store: Store,
        history: History,
        clock: Clock,
        topology: Topology = NOWHERE,
        policy: Policy = EVERYTHING,
    ) -> Self:
        """Read where the numbers stand; `topology` says whose deviations may belong together, `policy` which open issues.

        Raises `StorageError`, `NotConnectedError`.
        """
        revision = await store.run(lambda c: read_number(c, "revision"))
        return cls(
            store=store,
            history=history,
            clock=clock,
            revision=revision,
            topology=topology,
            policy=policy,
        )

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        return self._revision

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._revision > after)

    async def apply(
        self,
        changes: Sequence[Deviation | Clearing],
        *,
        sift: Sift | None = None,
        also: Callable[[Connection], None] | None = None,
    ) -> Sequence[int]:
        """Apply reports of rules in order, in one transaction with `also`; return the issues they changed.

        `sift` is called first and returns the reports that are for issues. A report whose key was applied before
        changes nothing.
        """
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> list[int]:
            chosen = changes if sift is None else sift(connection)
            changed = deviations.apply(
                connection, chosen, now_ns=now_ns, topology=self._topology, policy=self._policy
            )
            if also is not None:
                also(connection)
            return changed

        return await self.change(work)

    def report(self, connection: Connection, changes: Sequence[Deviation | Clearing]) -> None:
        """Apply reports within a transaction of the caller, who calls `announce` after it."""
        now_ns = self._clock.now_ns()
        deviations.apply(
            connection, changes, now_ns=now_ns, topology=self._topology, policy=self._policy
        )

    async def announce(self) -> None:
        """Tell who waits of what `report` committed."""
        await self._tell(await self._store.run(lambda c: read_number(c, "revision")))

    async def raise_deviation(self, deviation: Deviation) -> int | None:
        """Open an issue or add to the open one of its cause; return its number, None for a replay."""
        numbers = await self.apply([deviation])
        return numbers[0] if numbers else None

    async def clear_deviation(self, clearing: Clearing) -> int | None:
        """Note that a condition no longer holds; return the issue's number, None where nothing changed."""
        numbers = await self.apply([clearing])
        return numbers[0] if numbers else None

    async def events(
        self, *, after: int, limit: int, issue: int | None = None
    ) -> Sequence[IssueEvent]:
        """Return the changes that follow `after`, oldest first, of one issue or of all."""
        query = select(issue_event).where(issue_event.c.seq > after).order_by(issue_event.c.seq)
        if issue is not None:
            query = query.where(issue_event.c.issue == issue)
        query = query.limit(_limit(limit))
        return await self._store.run(lambda c: [to_event(row) for row in c.execute(query)])

    async def list(
        self,
        *,
        states: Sequence[IssueState],
        limit: int,
        before: int | None = None,
        asset: str = "",
        severities: Sequence[Severity] = (),
        team: str = "",
        owner: str = "",
        text: str = "",
    ) -> Sequence[Issue]:
        """Return issues that fit, newest number first, without their evidence; see `gateway.ports.Issues`."""
        query = select(issue).order_by(issue.c.number.desc()).limit(_limit(limit))
        if severities:
            query = query.where(issue.c.severity.in_([str(each) for each in severities]))
        if team:
            query = query.where(issue.c.team == team)
        if owner:
            query = query.where(issue.c.owner == owner)
        if text:
            said = (issue.c.title, issue.c.asset, issue.c.explanation)
            query = query.where(or_(*(each.icontains(text, autoescape=True) for each in said)))
        if states:
            query = query.where(issue.c.state.in_([str(state) for state in states]))
        if before is not None:
            query = query.where(issue.c.number < before)
        if asset:
            path = asset.rstrip("/")
            below = issue.c.asset.startswith(f"{path}/", autoescape=True)
            query = query.where(or_(issue.c.asset == path, below, issue.c.signal == path))
        return await self._store.run(lambda c: _listed(c, query))

    async def get(self, number: int) -> Issue:
        """Return one issue with its evidence; raises `NotFoundError`."""
        return await self._store.run(lambda c: read_issue(c, number))

    async def acknowledge(self, number: int, *, by: Principal, note: str = "") -> Issue:
        """Take note of an open issue; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
        said = clean(note, name="note", most=Length.NOTE, least=Need.OPTIONAL)
        return await self._move(number, IssueAction.ACKNOWLEDGE, by, {"note": said})

    async def reject(self, number: int, *, by: Principal, reason: str) -> Issue:
        """End an issue that needs no corrective action; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`.

        Where its condition still holds, only a new onset opens another.
        """
        said = clean(reason, name="reason", most=Length.REASON, least=Need.REQUIRED)
        return await self._move(number, IssueAction.REJECT, by, {"reason": said})

    async def comment(self, number: int, *, by: Principal, text: str) -> IssueEvent:
        """Add a comment; raises `NotFoundError`, `InvalidRequestError`."""
        said = clean(text, name="text", most=Length.COMMENT, least=Need.REQUIRED)
        now_ns = self._clock.now_ns()

        detail: dict[str, object] = {"text": said}
        mentioned = mentions(said)
        if mentioned:
            detail["mentions"] = mentioned

        def work(connection: Connection) -> IssueEvent:
            find(connection, number)
            return add_event(
                connection,
                number,
                time_ns=now_ns,
                action="commented",
                by=by.name,
                detail=detail,
            )

        return await self.change(work)

    async def _move(
        self, number: int, action: IssueAction, by: Principal, detail: dict[str, object]
    ) -> Issue:
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> Issue:
            row = find(connection, number)
            before = IssueState(row.state)
            reached = after(number, before, action)
            changes: dict[str, object] = {
                "state": reached,
                "stage_ns": now_ns,
                "version": row.version + 1,
            }
            if reached is IssueState.REJECTED:
                changes["closed_ns"] = now_ns
            if action is IssueAction.ACKNOWLEDGE and row.acknowledged_ns is None:
                changes["acknowledged_ns"] = now_ns
            connection.execute(update(issue).where(issue.c.number == number).values(**changes))
            told = detail | {"from": before, "to": reached}
            add_event(
                connection,
                number,
                time_ns=now_ns,
                action=TOLD_AS[action],
                by=by.name,
                detail=told,
            )
            return read_issue(connection, number)

        return await self.change(work)

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Run work that may add to the history, then tell who waits."""

        def counted(connection: Connection) -> tuple[T, int]:
            return work(connection), read_number(connection, "revision")

        done, revision = await self._store.run(counted)
        await self._tell(revision)
        return done

    async def refresh(self) -> None:
        """Tell who waits of changes that another part of the gateway added to the history."""
        await self._tell(await self._store.run(lambda c: read_number(c, "revision")))

    async def _tell(self, revision: int) -> None:
        async with self._changed:
            if revision > self._revision:
                self._revision = revision
                self._changed.notify_all()

    async def collect(self) -> int:
        """Look for evidence that is due now; return how many signals' evidence moved on."""
        moved = await self._collector.collect()
        if moved:
            await self._tell(await self._store.run(lambda c: read_number(c, "revision")))
        return moved

    async def run(self) -> None:
        """Collect evidence until cancelled; a store that is away is tried again."""
        failing = False
        while True:
            try:
                await self.collect()
                if failing:
                    log.info("the store answers again, evidence goes on")
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("evidence waits for the store: %s", error)
                failing = True
            await self._clock.sleep(COLLECT_EVERY_S)

    def figures(self) -> dict[str, float]:
        """Return its own counts."""
        return {"revision": self._revision, "evidence_waiting": self._collector.waiting}


def read_issue(connection: Connection, number: int) -> Issue:
    """Return one issue with its evidence; raises `NotFoundError`."""
    children = children_of(connection, [number]).get(number, ())
    return to_issue(find(connection, number), evidence.of_issue(connection, number), children)


def _listed(connection: Connection, query: Select[Any]) -> list[Issue]:
    rows = connection.execute(query).all()
    children = children_of(connection, [row.number for row in rows])
    return [to_issue(row, children=children.get(row.number, ())) for row in rows]


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIST:
        raise InvalidRequestError(f"limit is {limit}, want 1 to {MAX_LIST}")
    return limit
