"""The desk of nonconformances: proposed, signed by the roles that answer for it, closed with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from gateway.access.rights import Role
from gateway.clock import Clock
from gateway.errors import ConflictError, InvalidRequestError
from gateway.issues import IssueDesk
from gateway.issues.text import Length, Need, clean
from gateway.model import Principal
from gateway.production.lifecycle import moved
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.quality import records
from gateway.production.quality.filling import cleared
from gateway.production.quality.model import (
    NC,
    CheckState,
    Disposition,
    Gate,
    NcState,
    Nonconformance,
    Signature,
)
from gateway.production.quality.suspects import Here, suspects
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from gateway.store.quality_tables import check_run, nonconformance

SIGNED_BY: Final[Mapping[Disposition, tuple[str, ...]]] = {
    Disposition.USE_AS_IS: (Role.QUALITY.value, Role.PRODUCTION_MANAGER.value),
    Disposition.REWORK: (Role.QUALITY.value,),
    Disposition.SCRAP: (Role.QUALITY.value,),
    Disposition.RETURN: (Role.QUALITY.value,),
}
"""Who has to sign what: nobody lets nonconforming product pass alone."""

_NEAR: Final = 1e-6


class NcDesk:
    """The port `Nonconformances`."""

    def __init__(
        self,
        store: Store,
        *,
        watch: QualityWatch,
        issues: IssueDesk,
        options: PlanningOptions,
        clock: Clock,
    ) -> None:
        self._store, self._watch, self._issues = store, watch, issues
        self._options, self._clock = options, clock

    async def ncs(
        self, *, states: Sequence[NcState] = (), machine: str = "", limit: int = 200
    ) -> Sequence[Nonconformance]:
        """Return nonconformances, newest first."""
        table = nonconformance
        query = select(table).where(*records.machine_is(table, machine))
        if states:
            query = query.where(table.c.state.in_([each.value for each in states]))
        query = query.order_by(table.c.number.desc()).limit(limit)
        return await self._store.run(
            lambda c: [self._document(c, row) for row in c.execute(query).all()]
        )

    async def nc(self, number: int) -> Nonconformance:
        """Return one, with what is suspect; raises `NotFoundError`."""
        return await self._store.run(
            lambda c: self._document(c, records.find(c, nonconformance, number))
        )

    async def propose(
        self, number: int, *, disposition: Disposition, reason: str, version: int, by: str
    ) -> Nonconformance:
        """Propose what is done with the suspect product; from here on its quantity is fixed."""
        said = clean(reason, name="reason", most=Length.REASON, least=Need.REQUIRED)

        def work(connection: Connection, row: Row[Any]) -> dict[str, Any]:
            found = suspects(connection, row, self._here(row))
            return {
                "state": NcState.PROPOSED.value, "disposition": disposition.value, "reason": said,
                "proposer": by, "signatures": [], "to_pos": found.to_pos, "to_ns": found.to_ns,
            }  # fmt: skip

        return await self._move(number, NcState.PROPOSED, work, "proposed", version=version, by=by)

    async def give_back(self, number: int, *, reason: str, version: int, by: str) -> Nonconformance:
        """Refuse what is proposed; the suspect quantity goes on growing."""
        said = clean(reason, name="reason", most=Length.REASON, least=Need.REQUIRED)

        def work(_: Connection, _row: Row[Any]) -> dict[str, Any]:
            return {
                "state": NcState.OPEN.value, "signatures": [], "disposition": "", "proposer": "",
                "reason": f"given back: {said}", "to_pos": None, "to_ns": None,
            }  # fmt: skip

        return await self._move(
            number, NcState.OPEN, work, "given_back", version=version, by=by, since=NcState.PROPOSED
        )

    async def sign(self, number: int, *, version: int, by: Principal) -> Nonconformance:
        """Sign what is proposed; never by who made, checked or proposed it. The last signature decides."""
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> tuple[int, bool]:
            row = records.find(connection, nonconformance, number)
            if row.state != NcState.PROPOSED:
                raise ConflictError(
                    f"nonconformance {number} is {row.state}: only what is proposed is signed"
                )
            signature = self._signature(row, by, now_ns)
            signatures = [*row.signatures, asdict(signature)]
            left = _needed(row.disposition, signatures)
            values: dict[str, Any] = {"signatures": signatures}
            if not left:
                at_once = row.disposition == Disposition.USE_AS_IS
                values["state"] = (NcState.CLOSED if at_once else NcState.DECIDED).value
                values["closed_ns"] = now_ns if at_once else None
                self._decided(connection, row, now_ns)
            records.change(connection, nonconformance, row, values, version)
            revision = records.note(
                connection, kind="nc", number=number, time_ns=now_ns, action="signed", by=by.name,
                detail={"role": signature.role, "left": left},
            )  # fmt: skip
            return revision, not left

        revision, decided = await self._store.run(work)
        if decided:
            await self._issues.announce()
        await self._watch.bell.ring(revision)
        return await self.nc(number)

    async def close(
        self, number: int, *, good: float, scrapped: float, version: int, by: str
    ) -> Nonconformance:
        """Say that rework, scrap or return is done, and what came of all suspect pieces."""

        def work(connection: Connection, row: Row[Any]) -> dict[str, Any]:
            pieces = suspects(connection, row, self._here(row)).pieces
            if min(good, scrapped) < 0 or abs(good + scrapped - pieces) > _NEAR:
                raise InvalidRequestError(
                    f"{good:g} good and {scrapped:g} scrapped are not the {pieces:g} suspect pieces:"
                    " account for each"
                )
            if row.disposition == Disposition.SCRAP and good:
                raise InvalidRequestError("what was decided to be scrapped does not come out good")
            return {
                "state": NcState.CLOSED.value, "closed_ns": self._clock.now_ns(),
                "outcome": {"good": good, "scrapped": scrapped},
            }  # fmt: skip

        return await self._move(
            number, NcState.CLOSED, work, "closed", version=version, by=by, since=NcState.DECIDED
        )

    def _signature(self, row: Row[Any], by: Principal, now_ns: int) -> Signature:
        """Return a signature; raises `ConflictError` for who may not sign, or signed already."""
        anybody = self._options.approval is Approval.ANYBODY
        involved = by.name in {*row.makers, row.proposer}
        if involved and not anybody:
            raise ConflictError(
                f"{by.name} made, checked or proposed nonconformance {row.number}: somebody else signs"
            )
        if not anybody and any(each["by"] == by.name for each in row.signatures):
            raise ConflictError(f"{by.name} signed already: the other signature is somebody else's")
        left = _needed(row.disposition, row.signatures)
        every = Role.ADMINISTRATOR.value in by.roles
        role = next((each for each in left if every or each in by.roles), None)
        if role is None:
            raise ConflictError(
                f"{row.disposition} still needs the signature of: {', '.join(left)}"
            )
        name = f"{by.name} (own proposal)" if involved else by.name
        return Signature(by=name, role=role, time_ns=now_ns)

    def _decided(self, connection: Connection, row: Row[Any], now_ns: int) -> None:
        check = (check_run.c.number == row.check) & (check_run.c.state == CheckState.FAILED.value)
        connection.execute(
            update(check_run).where(check).values(state=CheckState.DISPOSITIONED.value)
        )
        self._issues.report(connection, [cleared(row, now_ns=now_ns)])

    async def _move(
        self,
        number: int,
        reached: NcState,
        work: Callable[[Connection, Row[Any]], dict[str, Any]],
        action: str,
        *,
        version: int,
        by: str,
        since: NcState | None = None,
    ) -> Nonconformance:
        now_ns = self._clock.now_ns()

        def whole(connection: Connection) -> int:
            row = records.find(connection, nonconformance, number)
            state = NcState(row.state)
            if since is not None and state is not since:
                raise ConflictError(
                    f"nonconformance {number} is {state}: only what is {since} is {action}"
                )
            moved(NC, what=f"nonconformance {number}", now=state, to=reached)
            values = work(connection, row)
            records.change(connection, nonconformance, row, values, version)
            told = ("disposition", "reason", "outcome")
            detail = {str(name): values[name] for name in told if name in values}
            return records.note(
                connection, kind="nc", number=number, time_ns=now_ns, action=action, by=by,
                detail=detail,
            )  # fmt: skip

        await self._watch.bell.ring(await self._store.run(whole))
        return await self.nc(number)

    def _here(self, row: Row[Any]) -> Here:
        return self._watch.here(row.machine)

    def _document(self, connection: Connection, row: Row[Any]) -> Nonconformance:
        proposed = row.state == NcState.PROPOSED
        return Nonconformance(
            number=row.number, check=row.check, checklist=row.checklist, machine=row.machine,
            title=row.title, items=tuple(row.items), gate=Gate(row.gate), state=NcState(row.state),
            suspects=suspects(connection, row, self._here(row)), opened_ns=row.opened_ns,
            disposition=Disposition(row.disposition) if row.disposition else None,
            reason=row.reason, proposer=row.proposer,
            signatures=tuple(Signature(**each) for each in row.signatures),
            needs=tuple(_needed(row.disposition, row.signatures)) if proposed else (),
            outcome=row.outcome, closed_ns=row.closed_ns, version=row.version,
        )  # fmt: skip


def _needed(disposition: str, signatures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the roles that have not signed yet."""
    signed = {each["role"] for each in signatures}
    return [each for each in SIGNED_BY[Disposition(disposition)] if each not in signed]
