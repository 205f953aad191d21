"""Alarms that come back into operators' sight and still hold: only now are they an issue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from gateway.detect.alarms.records import AlarmBook, Fields
from gateway.detect.options import RuleOptions
from gateway.detect.sources import AFTER_NS, BEFORE_NS
from gateway.errors import NotFoundError
from gateway.issues import Deviation, IssueDesk, Wanted
from gateway.ports import Catalogue
from gateway.store.tables import counter, issue_event


class Returning:
    """Reports what was raised while shelved, suppressed or out of service, once it is shown again.

    `rules` are the settings as configured now: they say how severe it is, and of which kind.
    """

    def __init__(self, issues: IssueDesk, catalogue: Catalogue | None) -> None:
        self.rules: Mapping[str, RuleOptions] = {}
        self._issues = issues
        self._catalogue = catalogue

    def tell(self, book: AlarmBook, connection: Connection, *, now_ns: int) -> bool:
        """Open issues of what came back in this transaction; return whether there was any."""
        rows = [row for row in book.returned if row["rule"] in self.rules and row["active"]]
        if not rows:
            return False
        connection.execute(update(counter).values(value=counter.c.value))
        found = [self._deviation(row, now_ns) for row in rows]
        self._issues.report(connection, found)
        for row, deviation in zip(rows, found, strict=True):
            query = select(issue_event.c.issue).where(issue_event.c.key == deviation.key)
            book.set(row, "issue", connection.execute(query).scalar())
        return True

    async def announce(self) -> None:
        """Tell who waits for issues."""
        await self._issues.announce()

    def _deviation(self, row: Fields, now_ns: int) -> Deviation:
        rule = self.rules[row["rule"]]
        parts = (row["key"], str(row["onset_ns"]), str(row["occurrences"]), "returned")
        return Deviation(
            key=hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40],
            cause=f"{row['rule']}@{row['asset']}",
            member=f"{row['signal']}#{row['side']}",
            rule=row["rule"],
            rule_version=row["rule_version"],
            asset=row["asset"],
            signal=row["signal"],
            severity=rule.severity,
            type=rule.issue_type,
            title=row["title"],
            explanation=row["explanation"],
            onset_ns=row["onset_ns"],
            time_ns=now_ns,
            value=row["value"],
            limits=row["limits"],
            evidence=self._evidence(row),
        )

    def _evidence(self, row: Fields) -> tuple[Wanted, ...]:
        if self._catalogue is None:
            return ()
        try:
            index = self._catalogue.index(row["signal"])
        except NotFoundError:
            return ()
        return (
            Wanted(
                signal=index,
                path=row["signal"],
                unit=self._catalogue.signal(index).unit,
                start_ns=row["onset_ns"] - BEFORE_NS,
                middle_ns=row["raised_ns"],
                need_ns=0,
                end_ns=row["raised_ns"] + AFTER_NS,
            ),
        )
