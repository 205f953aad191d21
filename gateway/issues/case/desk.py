"""The desk of corrective action: every change checked against version and gate, told in the history, committed at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, select, update

from gateway.clock import Clock
from gateway.corrective import Case, Move
from gateway.deviation import ENDED, Issue, IssueState
from gateway.errors import ConflictError, InvalidRequestError
from gateway.failpoint import failpoint
from gateway.issues.case import rows
from gateway.issues.case.fields import CORE, checked, differences, merged
from gateway.issues.case.gates import missing
from gateway.issues.desk import IssueDesk, read_issue
from gateway.issues.lifecycle import BY_PEOPLE, TRANSITIONS, IssueAction, after
from gateway.issues.records import add_event, find
from gateway.issues.text import Length, Need, clean
from gateway.issues.verify import rounds
from gateway.model import Principal
from gateway.store import Store
from gateway.store.tables import issue, issue_event

T = TypeVar("T")

REASONED: Final = frozenset({IssueAction.SEND_BACK, IssueAction.REJECT, IssueAction.REOPEN})
TOLD_AS: Final[Mapping[IssueAction, str]] = {
    IssueAction.ACKNOWLEDGE: "acknowledged",
    IssueAction.ADVANCE: "advanced",
    IssueAction.SEND_BACK: "sent_back",
    IssueAction.REJECT: "rejected",
    IssueAction.DUPLICATE: "duplicate",
    IssueAction.REOPEN: "reopened",
    IssueAction.FAIL: "reopened",
}


class CaseDesk:
    """Reads and changes cases; see `gateway.ports.Cases`."""

    def __init__(self, *, issues: IssueDesk, store: Store, clock: Clock) -> None:
        self._issues = issues
        self._store = store
        self._clock = clock

    async def case(self, number: int) -> Case:
        """Return an issue with all that was added to it; raises `NotFoundError`."""
        return await self._store.run(lambda c: read_case(c, number))

    async def change(
        self, number: int, version: int | None, work: Callable[[Connection, Row[Any]], T]
    ) -> T:
        """Run work on an issue that is still at this version (any, if None), and give it the next one."""

        def checked_work(connection: Connection) -> T:
            row = locked(connection, number)
            if version is not None:
                require_version(connection, row, version)
            done = work(connection, row)
            # What told the history nothing changed nothing.
            changed = (issue.c.number == number) & (issue.c.revision != row.revision)
            connection.execute(update(issue).where(changed).values(version=row.version + 1))
            failpoint("cases.before_commit")
            return done

        changed_case = await self._issues.change(checked_work)
        failpoint("cases.after_commit")
        return changed_case

    async def edit(
        self, number: int, *, version: int, changes: Mapping[str, object], by: Principal
    ) -> Case:
        """Change fields of the form; raises `NotFoundError`, `ConflictError` with what changed meanwhile, `InvalidRequestError`."""
        kept = checked(changes)
        now_ns = self._clock.now_ns()

        def work(connection: Connection, row: Row[Any]) -> None:
            if IssueState(row.state) in ENDED:
                raise ConflictError(f"issue {number} is {row.state}: reopen it to change it")
            put_fields(connection, row, kept, by=by.name, now_ns=now_ns)

        await self.change(number, version, work)
        return await self.case(number)

    async def act(
        self,
        number: int,
        action: str,
        *,
        by: Principal,
        version: int | None = None,
        reason: str = "",
        other: int | None = None,
    ) -> Case:
        """Move an issue on; raises `NotFoundError`, `ConflictError` with what is missing, `InvalidRequestError`."""
        wanted = _action(action)
        least = Need.REQUIRED if wanted in REASONED else Need.OPTIONAL
        said = clean(reason, name="reason", most=Length.REASON, least=least)
        now_ns = self._clock.now_ns()

        def work(connection: Connection, row: Row[Any]) -> None:
            if wanted is IssueAction.DUPLICATE:
                _check_duplicate(connection, number, other)
            move(
                connection,
                row,
                wanted,
                by=by.name,
                now_ns=now_ns,
                detail={"reason": said} if said else {},
                other=other if wanted is IssueAction.DUPLICATE else None,
            )

        await self.change(number, version, work)
        return await self.case(number)


def _action(name: str) -> IssueAction:
    if name not in {*IssueAction}:
        raise InvalidRequestError(
            f"{name[:40]!r} is nothing to do with an issue, want one of {', '.join(sorted(BY_PEOPLE))}"
        )
    if name not in BY_PEOPLE:
        raise InvalidRequestError(f"{name} is for the data to say, not for people")
    return IssueAction(name)


def locked(connection: Connection, number: int) -> Row[Any]:
    """Return an issue's row, held for this transaction where the database can hold single rows."""
    find(connection, number)
    return connection.execute(select(issue).where(issue.c.number == number).with_for_update()).one()


def require_version(connection: Connection, row: Row[Any], version: int) -> None:
    """Raise `ConflictError` where somebody changed the issue since, saying who changed what."""
    if row.version == version:
        return
    if version > row.version:
        raise ConflictError(f"issue {row.number} is at version {row.version}, never was {version}")
    query = select(issue_event).where(issue_event.c.issue == row.number)
    query = query.order_by(issue_event.c.seq.desc()).limit(100)
    told = []
    for event in connection.execute(query):
        if event.detail.get("version", 0) > version:
            changed = ", ".join(event.detail.get("changes", {})) or event.action
            told.append(f"{event.by} changed {changed}")
    since = "; ".join(reversed(told)) or "it was changed"
    raise ConflictError(
        f"issue {row.number} is at version {row.version}, yours is {version}: meanwhile {since}"
    )


def put_fields(
    connection: Connection, row: Row[Any], kept: Mapping[str, Any], *, by: str, now_ns: int
) -> None:
    """Change the form, and tell what changed from what to what; nothing where nothing did."""
    fields = rows.read_fields(connection, row.number)
    before = {**fields, **{name: getattr(row, name) for name in CORE}}
    changed = differences(before, kept)
    if not changed:
        return
    core = {name: kept[name] for name in CORE if name in changed}
    form = {name: kept[name] for name in changed if name not in CORE}
    if core:
        connection.execute(update(issue).where(issue.c.number == row.number).values(**core))
    if form:
        rows.write_fields(connection, row.number, merged(fields, form))
    detail = {"changes": changed, "version": row.version + 1}
    add_event(connection, row.number, time_ns=now_ns, action="edited", by=by, detail=detail)


def move(
    connection: Connection,
    row: Row[Any],
    action: IssueAction,
    *,
    by: str,
    now_ns: int,
    detail: Mapping[str, object],
    other: int | None = None,
) -> IssueState:
    """Carry out one transition with its gate, its consequences for the proof, and its line of history."""
    before = IssueState(row.state)
    reached = after(row.number, before, action)
    if action is IssueAction.ADVANCE:
        _pass_gate(connection, row, before, by=by)
    changes: dict[str, Any] = {"state": reached, "stage_ns": now_ns}
    changes["closed_ns"] = now_ns if reached in ENDED else None
    if action is IssueAction.ACKNOWLEDGE and row.acknowledged_ns is None:
        changes["acknowledged_ns"] = now_ns
    if reached in {IssueState.CLOSED, IssueState.REOPENED}:
        changes["verified"] = reached is IssueState.CLOSED
    if action is IssueAction.DUPLICATE:
        changes["duplicate_of"] = other
    connection.execute(update(issue).where(issue.c.number == row.number).values(**changes))
    if reached is IssueState.VERIFYING:
        rounds.start(connection, row.number, now_ns=now_ns)
    elif before is IssueState.VERIFYING and reached is not IssueState.CLOSED:
        rounds.leave(connection, row.number, now_ns=now_ns)
    if reached is IssueState.REOPENED and before is IssueState.CLOSED:
        rounds.leave(connection, row.number, now_ns=now_ns)
    told = {**detail, "from": before, "to": reached, "version": row.version + 1}
    if action is IssueAction.DUPLICATE:
        told["duplicate_of"] = other
    add_event(connection, row.number, time_ns=now_ns, action=TOLD_AS[action], by=by, detail=told)
    return reached


def _pass_gate(connection: Connection, row: Row[Any], state: IssueState, *, by: str) -> None:
    wanted = missing(state, rows.held(connection, row))
    if wanted:
        said = " ".join(one.text for one in wanted)
        raise ConflictError(f"issue {row.number} cannot leave {state} yet: {said}")
    if state is IssueState.VERIFYING:
        _require_independence(connection, row, by=by)


def _require_independence(connection: Connection, row: Row[Any], *, by: str) -> None:
    """Refuse the owner, and whoever proposed the proof: neither may approve it (production.md §4)."""
    proof = rows.current(rows.verifications_of(connection, row.number))
    if by == row.owner:
        raise ConflictError(f"{by} owns issue {row.number}: somebody else must verify and close it")
    if proof is not None and by == proof.chosen_by:
        raise ConflictError(
            f"{by} chose how issue {row.number} is proven: somebody else must approve and close it"
        )


def _check_duplicate(connection: Connection, number: int, other: int | None) -> None:
    if other is None or other == number:
        raise InvalidRequestError("duplicate_of: name the other issue by its number")
    seen = {number}
    following: int | None = other
    while following is not None:
        if following in seen:
            raise ConflictError(f"issue {other} is itself a duplicate of issue {number}")
        seen.add(following)
        following = find(connection, following).duplicate_of


def read_case(connection: Connection, number: int) -> Case:
    """Return an issue with all that was added to it; raises `NotFoundError`."""
    row = find(connection, number)
    found: Issue = read_issue(connection, number)
    verifications = rows.verifications_of(connection, number)
    return Case(
        issue=found,
        fields=rows.read_fields(connection, number),
        moves=_moves(connection, row),
        actions=rows.actions_of(connection, number),
        attachments=rows.attachments_of(connection, number),
        verifications=verifications,
        similar=rows.similar_of(connection, number),
        repeats=rows.repeats_of(connection, row),
        context=rows.context_of(connection, number),
    )


def _moves(connection: Connection, row: Row[Any]) -> Sequence[Move]:
    state = IssueState(row.state)
    possible = {action: to for (at, action), to in TRANSITIONS.items() if at is state}
    return tuple(
        Move(
            action=action,
            to=to,
            missing=missing(state, rows.held(connection, row))
            if action is IssueAction.ADVANCE
            else (),
        )
        for action, to in possible.items()
        if action in BY_PEOPLE
    )
