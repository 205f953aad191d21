"""Turns what rules report into alarms, in the transaction that turns it into issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, select, update

from gateway.detect.alarms.options import BY_SEVERITY, DEFAULT, AlarmOptions
from gateway.detect.alarms.records import AlarmBook, Fields, flags_of
from gateway.detect.alarms.state import AlarmAction
from gateway.issues import Clearing, Deviation, Ending
from gateway.store.tables import alarm, counter, issue, issue_event

ENDINGS = {Ending.CLEARED: AlarmAction.CLEAR, Ending.WITHDRAWN: AlarmAction.WITHDRAW}


class Design(Protocol):
    """Tells whether the design suppresses alarms now."""

    def __call__(self, options: AlarmOptions, asset: str) -> bool:
        """Return whether an alarm of this machine means nothing now."""
        ...


def alarm_key(rule: str, member: str) -> str:
    """Return what an alarm is known by: its rule, signal and side."""
    return f"{rule}|{member}"


class Intake:
    """One transaction's reports as alarms: `sift` first, then the issues of what it returns, then `finish`.

    What is raised while its alarm is shelved, suppressed by design or out of service opens no issue: by ISA-18.2
    it asks nobody for anything, and is in the journal. It is told when the alarm comes back and still holds.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        handled: Mapping[str, AlarmOptions],
        design: Design,
    ) -> None:
        # Alarms, then issues take numbers here: who does both locks all counters first, in one order.
        connection.execute(update(counter).values(value=counter.c.value))
        self._connection = connection
        self._handled = handled
        self._design = design
        self._book = AlarmBook(connection)
        self._raised: list[tuple[Fields, Deviation, dict[str, Any]]] = []

    def sift(self, changes: Sequence[Deviation | Clearing]) -> list[Deviation | Clearing]:
        """Raise and clear alarms in order; return what the issues are to know. Replays change no alarm."""
        book = self._book
        known = book.known([change.key for change in changes])
        fresh = [change for change in changes if change.key not in known]
        book.read_keys(sorted({alarm_key(change.rule, change.member) for change in fresh}))
        hidden: set[str] = set()
        for change in fresh:
            options = self._handled.get(change.rule, DEFAULT)
            if isinstance(change, Deviation):
                row, detail = _raise(book, change, options, design=self._design)
                if flags_of(row).hidden:
                    hidden.add(change.key)
                else:
                    self._raised.append((row, change, detail))
            else:
                _clear(book, change, options)
        # A replay was sifted when it was new: the issues know it, or were not to.
        return [change for change in fresh if change.key not in hidden]

    def finish(self) -> int:
        """Note which issue each alarm belongs to and which began its group, and write; return the revision."""
        numbers = _issues(self._connection, [change.key for _, change, _ in self._raised])
        for row, change, detail in self._raised:
            row["issue"] = detail["issue"] = numbers.get(change.key)
        _mark_first_out(self._connection, self._book)
        return self._book.write()


def _mark_first_out(connection: Connection, book: AlarmBook) -> None:
    """Flag the alarm that began its group, for as long as anything of the group holds."""
    numbers = sorted({row["issue"] for row in book.rows.values() if row["issue"] is not None})
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        query = select(issue).where(issue.c.number.in_(some))
        began = {row.number: row for row in connection.execute(query)}
        book.read(alarm.c.issue.in_(some))
        for row in book.rows.values():
            root = began.get(row["issue"])
            if root is not None:
                told = (root.rule, root.signal, root.onset_ns)
                first = root.active and told == (row["rule"], row["signal"], row["onset_ns"])
                book.set(row, "first_out", first)


def _issues(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        query = select(issue_event.c.key, issue_event.c.issue).where(issue_event.c.key.in_(some))
        found.update({row.key: row.issue for row in connection.execute(query)})
    return found


def _raise(
    book: AlarmBook,
    deviation: Deviation,
    options: AlarmOptions,
    *,
    design: Design,
) -> tuple[Fields, dict[str, Any]]:
    told: Fields = {
        "rule_version": deviation.rule_version,
        "asset": deviation.asset,
        "title": deviation.title,
        "priority": str(options.priority or BY_SEVERITY[deviation.severity]),
        "onset_ns": deviation.onset_ns,
        "raised_ns": deviation.time_ns,
        "cleared_ns": None,
        "value": deviation.value,
        "limits": dict(deviation.limits),
        "explanation": deviation.explanation,
        "consequence": options.consequence,
        "response": options.response,
        "issue": None,
    }
    key = alarm_key(deviation.rule, deviation.member)
    row = book.rows.get(key)
    if row is None:
        side = deviation.member.rpartition("#")[2]
        fixed = {"key": key, "rule": deviation.rule, "signal": deviation.signal, "side": side}
        row = book.add({**fixed, **told, "first_out": False, "occurrences": 0})
    by, handling = f"rule:{deviation.rule}", options.handling()
    if not row["suppressed"] and design(options, deviation.asset):
        suppress = AlarmAction.SUPPRESS
        reason = "the design suppresses it in this state of the machine"
        book.act(row, suppress, handling, now_ns=deviation.time_ns, by="design", reason=reason)
    row.update(told, occurrences=row["occurrences"] + 1)
    detail: dict[str, Any] = {
        "onset_ns": deviation.onset_ns,
        "value": deviation.value,
        "limits": dict(deviation.limits),
        "issue": None,
    }
    book.act(
        row,
        AlarmAction.RAISE,
        handling,
        now_ns=deviation.time_ns,
        by=by,
        detail=detail,
        key=deviation.key,
    )
    return row, detail


def _clear(book: AlarmBook, clearing: Clearing, options: AlarmOptions) -> None:
    row = book.rows.get(alarm_key(clearing.rule, clearing.member))
    if row is None:
        return
    row["cleared_ns"] = clearing.time_ns
    book.act(
        row,
        ENDINGS[clearing.ending],
        options.handling(),
        now_ns=clearing.time_ns,
        by=f"rule:{clearing.rule}",
        detail={"value": clearing.value},
        key=clearing.key,
    )
