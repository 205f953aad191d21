"""What each act makes of a job, as told to a person or to a machine: pure decisions over its life cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.errors import ConflictError, InvalidRequestError
from gateway.production.execution.machines import Verb
from gateway.production.execution.port import Act, Commanded, JobRun, Way
from gateway.production.lifecycle import JOB, JobState, moved

VERBS: Final[Mapping[Act, Verb]] = {
    Act.DISPATCH: Verb.STORE_AND_START,
    Act.RECALL: Verb.CANCEL,
    Act.START: Verb.START,
    Act.PAUSE: Verb.PAUSE,
    Act.RESUME: Verb.RESUME,
    Act.FINISH: Verb.STOP,
    Act.ABORT: Verb.ABORT,
}
"""What a machine is called for where a person would confirm."""

_BY_PERSON: Final[Mapping[Act, tuple[frozenset[JobState], JobState]]] = {
    Act.DISPATCH: (frozenset({JobState.PLANNED, JobState.READY}), JobState.SENT),
    Act.RECALL: (frozenset({JobState.SENT}), JobState.READY),
    Act.START: (
        frozenset({JobState.PLANNED, JobState.READY, JobState.SENT, JobState.ALLOWED_TO_START}),
        JobState.RUNNING,
    ),
    Act.PAUSE: (frozenset({JobState.RUNNING}), JobState.INTERRUPTED),
    Act.RESUME: (frozenset({JobState.INTERRUPTED}), JobState.RUNNING),
    Act.FINISH: (frozenset({JobState.RUNNING, JobState.INTERRUPTED}), JobState.ENDED),
    Act.ABORT: (frozenset({JobState.RUNNING, JobState.INTERRUPTED}), JobState.ABORTED),
}
_BY_MACHINE: Final[Mapping[Act, frozenset[JobState]]] = {
    Act.DISPATCH: frozenset({JobState.PLANNED, JobState.READY}),
    Act.RECALL: frozenset({JobState.NOT_ALLOWED_TO_START, JobState.ALLOWED_TO_START}),
    Act.START: frozenset({JobState.NOT_ALLOWED_TO_START}),
    Act.PAUSE: frozenset({JobState.RUNNING}),
    Act.RESUME: frozenset({JobState.INTERRUPTED}),
    Act.FINISH: frozenset({JobState.RUNNING, JobState.INTERRUPTED}),
    Act.ABORT: frozenset(
        {
            JobState.NOT_ALLOWED_TO_START,
            JobState.ALLOWED_TO_START,
            JobState.RUNNING,
            JobState.INTERRUPTED,
        }
    ),
}
_SETTLED: Final = frozenset({JobState.READY, JobState.ENDED, JobState.ABORTED})
_WITH_REASON: Final = frozenset({Act.PAUSE, Act.ABORT, Act.SETTLE})


def possible(run: JobRun, *, counted: bool) -> tuple[Act, ...]:
    """Return what a person may do with a job where it stands."""
    if run.doubt:
        return (Act.SETTLE,)
    if run.way is Way.JOB_CONTROL:
        found = [act for act, states in _BY_MACHINE.items() if run.state in states]
    else:
        found = [act for act, (states, _) in _BY_PERSON.items() if run.state in states]
        if run.state in {JobState.RUNNING, JobState.INTERRUPTED} and not counted:
            found.append(Act.COUNT)
    if run.state is JobState.ENDED and not run.accepted_by:
        found.append(Act.ACCEPT)
    return tuple(found)


def check(run: JobRun, asked: Commanded, *, counted: bool) -> None:
    """Refuse what cannot be asked now; raises `ConflictError`, `InvalidRequestError`."""
    if asked.version is not None and asked.version != run.version:
        raise ConflictError(f"job {run.job} was changed meanwhile: look again")
    allowed = possible(run, counted=counted)
    if asked.act not in allowed:
        doubt = f", and nobody knows more: {run.doubt}" if run.doubt else ""
        can = ", ".join(allowed) or "nothing"
        raise ConflictError(f"job {run.job} is {run.state}{doubt}; possible: {can}")
    if asked.act in _WITH_REASON and not (asked.reason or asked.code):
        raise InvalidRequestError(f"reason: to {asked.act} a job takes one")
    if min(asked.good, asked.reject) < 0:
        raise InvalidRequestError("good and reject: pieces are never negative")
    if counted and (asked.good or asked.reject):
        raise InvalidRequestError(
            f"good and reject: {run.machine} counts its own pieces, nobody enters them"
        )
    if asked.act is Act.COUNT and not (asked.good or asked.reject):
        raise InvalidRequestError("good and reject: say how many pieces were made")
    if asked.act is Act.SETTLE and asked.state not in _SETTLED:
        raise InvalidRequestError(f"state: want one of {', '.join(sorted(_SETTLED))}")


def by_person(run: JobRun, asked: Commanded, *, now_ns: int) -> JobRun:
    """Return a job after a person's act; `check` has allowed it."""
    counted = replace(run, good=run.good + asked.good, reject=run.reject + asked.reject)
    if asked.act is Act.COUNT:
        return counted
    _, to = _BY_PERSON[asked.act]
    after = replace(counted, state=_moved(run, to), way=Way.PERSON, note=asked.reason)
    if to is JobState.SENT:
        return replace(after, sent_ns=now_ns)
    if to is JobState.READY:
        return replace(after, sent_ns=None)
    if to is JobState.RUNNING and run.started_ns is None:
        return replace(after, started_ns=now_ns, sent_ns=run.sent_ns or now_ns)
    if to in {JobState.ENDED, JobState.ABORTED}:
        return replace(after, ended_ns=now_ns)
    return after


def settled(run: JobRun, asked: Commanded, *, now_ns: int) -> JobRun:
    """Return a job that nobody knew of as a person found it; `check` has allowed it."""
    to = asked.state or run.state
    counted = replace(
        run, state=to, doubt="", note=asked.reason, good=run.good + asked.good,
        reject=run.reject + asked.reject,
    )  # fmt: skip
    if to is JobState.READY:
        return replace(counted, sent_ns=None, started_ns=None)
    return replace(counted, ended_ns=now_ns, started_ns=run.started_ns or run.sent_ns or now_ns)


def _moved(run: JobRun, to: JobState) -> JobState:
    """Walk to a state, through those that a person passes in one act."""
    now = run.state
    for through in (JobState.READY, JobState.SENT):
        passes = now in {JobState.PLANNED, JobState.READY} and to not in {now, through}
        if passes and through in JOB[now]:
            now = through
    return moved(JOB, what=f"job {run.job}", now=now, to=to)
