"""Actions of an issue: who does what by when, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.corrective import Action, ActionKind, OwnAction
from gateway.deviation import ENDED, IssueState
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.case.rows import action_of
from gateway.issues.records import add_event
from gateway.issues.text import Length, Need, clean
from gateway.store.issue_tables import issue_action
from gateway.store.tables import issue

MOST_ACTIONS: Final = 50
MOST_STEPS: Final = 40
CHANGING: Final = frozenset({"title", "owner", "due_ns", "checklist", "done"})


def add(
    connection: Connection,
    row: Row[Any],
    *,
    kind: ActionKind,
    wanted: Mapping[str, object],
    by: str,
    now_ns: int,
) -> int:
    """Add an action to an issue that has not ended; return its id. Raises `ConflictError`, `InvalidRequestError`."""
    if IssueState(row.state) in ENDED:
        raise ConflictError(f"issue {row.number} is {row.state}: reopen it to plan actions")
    fields = checked(wanted)
    for name in ("title", "owner", "due_ns"):
        if name not in fields:
            raise InvalidRequestError(f"{name}: an action needs title, owner and due date")
    newest = connection.execute(
        select(func.max(issue_action.c.id)).where(issue_action.c.issue == row.number)
    ).scalar()
    following = int(newest or 0) + 1
    if following > MOST_ACTIONS:
        raise ConflictError(f"issue {row.number} has {MOST_ACTIONS} actions, the most there may be")
    made = {"checklist": [], **fields} | {
        "issue": row.number,
        "id": following,
        "kind": kind,
        "done_ns": None,
        "done_by": "",
        "created_ns": now_ns,
        "created_by": by,
        "version": 1,
    }
    connection.execute(insert(issue_action).values(**made))
    detail = {name: made[name] for name in ("id", "kind", "title", "owner", "due_ns")}
    detail["version"] = row.version + 1
    add_event(connection, row.number, time_ns=now_ns, action="action_added", by=by, detail=detail)
    return following


def change(
    connection: Connection,
    row: Row[Any],
    which: int,
    *,
    version: int,
    wanted: Mapping[str, object],
    by: str,
    now_ns: int,
) -> Action:
    """Change an action that is still at this version; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
    held = _find(connection, row.number, which)
    if held.version != version:
        raise ConflictError(
            f"action {which} of issue {row.number} is at version {held.version}, yours is {version}:"
            " read it again"
        )
    done = wanted.get("done")
    if done is not None and not isinstance(done, bool):
        raise InvalidRequestError("done: want true or false")
    fields = checked({name: value for name, value in wanted.items() if name != "done"})
    if done is not None:
        _may_be_done(held, fields, done=done)
        fields |= {"done_ns": now_ns if done else None, "done_by": by if done else ""}
    changed = {
        name: [getattr(held, name), value]
        for name, value in fields.items()
        if getattr(held, name) != value
    }
    if changed:
        ours = (issue_action.c.issue == row.number) & (issue_action.c.id == which)
        connection.execute(
            update(issue_action).where(ours).values(**fields, version=held.version + 1)
        )
        told = "action_done" if done else "action_changed"
        detail = {"id": which, "title": fields.get("title", held.title), "changes": changed}
        detail["version"] = row.version + 1
        add_event(connection, row.number, time_ns=now_ns, action=told, by=by, detail=detail)
    return action_of(dict(_find(connection, row.number, which)._mapping))  # noqa: SLF001 - public


def _may_be_done(held: Row[Any], fields: Mapping[str, Any], *, done: bool) -> None:
    steps: Sequence[Mapping[str, Any]] = fields.get("checklist", held.checklist)
    left = [step["text"] for step in steps if not step["done"]]
    if done and left:
        raise ConflictError(f"not done yet, steps are left: {'; '.join(left)[:300]}")


def _find(connection: Connection, number: int, which: int) -> Row[Any]:
    ours = (issue_action.c.issue == number) & (issue_action.c.id == which)
    row = connection.execute(select(issue_action).where(ours)).first()
    if row is None:
        raise NotFoundError(f"issue {number} has no action {which}")
    return row


def checked(wanted: Mapping[str, object]) -> dict[str, Any]:
    """Return fields of an action as they may be kept; raises `InvalidRequestError`."""
    kept: dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "title":
            kept[name] = clean(str(value), name=name, most=Length.NOTE, least=Need.REQUIRED)
        elif name == "owner":
            said = clean(str(value), name=name, most=Length.NOTE, least=Need.REQUIRED)
            if len(said) > 64 or "\n" in said:
                raise InvalidRequestError("owner: want at most 64 characters on one line")
            kept[name] = said
        elif name == "due_ns":
            if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
                raise InvalidRequestError("due: want a time")
            kept[name] = value
        elif name == "checklist":
            kept[name] = _steps(value)
        else:
            raise InvalidRequestError(f"{name[:40]!r} is no field of an action")
    return kept


def _steps(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise InvalidRequestError(f"checklist: want a list of at most {MOST_STEPS} steps")
    kept: list[dict[str, object]] = []
    for place, step in enumerate(value):
        if not isinstance(step, Mapping) or set(step) - {"text", "done"} or "text" not in step:
            raise InvalidRequestError(f"checklist[{place}]: want text and done")
        name = f"checklist[{place}]"
        text = clean(str(step["text"]), name=name, most=Length.NOTE, least=Need.REQUIRED)
        kept.append({"text": text, "done": step.get("done") is True})
    return kept


def of_owner(connection: Connection, owner: str, *, limit: int) -> list[OwnAction]:
    """Return the open actions of a person with title and severity of their issue, the earliest due first."""
    query = (
        select(issue_action, issue.c.title.label("of"), issue.c.severity)
        .join(issue, issue.c.number == issue_action.c.issue)
        .where(issue_action.c.owner == owner, issue_action.c.done_ns.is_(None))
        .where(issue.c.state.not_in([str(state) for state in ENDED]))
        .order_by(issue_action.c.due_ns)
        .limit(limit)
    )
    found = []
    for row in connection.execute(query).mappings():
        fields = {name: value for name, value in row.items() if name not in {"of", "severity"}}
        action = action_of(fields)
        found.append(OwnAction(action=action, title=row["of"], severity=row["severity"]))
    return found
