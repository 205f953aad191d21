"""The life cycle by random walks on a real store: nothing closes unproven, and every change is in the history."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.corrective import Case, VerificationState
from gateway.deviation import ENDED, IssueEvent, IssueState
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.lifecycle import BY_PEOPLE, TRANSITIONS, IssueAction
from gateway.model import Principal
from gateway.store import Store
from tests.peers.cases import ANNA, BEN, CAUSE, CLARA, TRIAGE, CaseBench, S

T = TypeVar("T")

PEOPLE = st.sampled_from([ANNA, BEN, CLARA])
FORMS = st.sampled_from(
    [
        TRIAGE,
        {
            "containment.action": "held",
            "containment.verified": "seen",
            "containment.from_ms": 1_767_000_000_000,
            "containment.to_ms": 1_767_000_600_000,
            "suspect.quantity": 5,
        },
        CAUSE,
        {"plan.metric": "none", "implementation.change": "v2"},
        {"closing.similar": "none", "closing.standard": "none"},
        {"owner": "ben"},
        {"cause.occurrence": ""},
    ]
)
RULES = {"opened", "recurred", "cleared", "joined"}


class Life(RuleBasedStateMachine):
    """One cause, whatever people and data do to its issues."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.refused = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(start=st.sampled_from(["open", "root cause", "verifying", "verifying"]))
    def begin(self, start: str) -> None:
        """Begin early or late: from the opening alone, random walks seldom get to the gate that matters most."""
        self.store = self.run(Store.open(f"sqlite:///{self.folder.name}/s.db"))
        self.bench = self.run(CaseBench(self.store).open())
        if start == "verifying":
            self.number = self.run(self.bench.to_verifying(settings={"events": 1, "days": 0.001}))
            closing = {"closing.similar": "none", "closing.standard": "none"}
            self.run(self.bench.edit(self.number, closing))
        elif start == "root cause":
            self.number = self.run(self.bench.to_root_cause())
        else:
            self.number = self.run(self.bench.spell())
            self.run(self.bench.freeze())
        self.before = self.run(self.bench.office.case(self.number))

    def attempt(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            self.run(work)
        except (ConflictError, InvalidRequestError, NotFoundError):
            self.refused += 1

    @rule(action=st.sampled_from(sorted(BY_PEOPLE)), by=PEOPLE)
    def act(self, action: IssueAction, by: Principal) -> None:
        self.attempt(self.bench.office.act(self.number, action, by=by, reason="why", other=99))

    @rule(by=PEOPLE)
    def go_on(self, by: Principal) -> None:
        self.attempt(self.bench.advance(self.number, by))

    @rule(form=FORMS, by=PEOPLE)
    def fill_in(self, form: dict[str, object], by: Principal) -> None:
        self.attempt(self.bench.edit(self.number, form, by))

    @rule(by=PEOPLE)
    def choose(self, by: Principal) -> None:
        proof = {"events": 1, "days": 0.001}
        self.attempt(
            self.bench.office.prove(self.number, template="no_recurrence", settings=proof, by=by)
        )

    @rule(by=PEOPLE)
    def plan(self, by: Principal) -> None:
        due_ns = self.bench.clock.now_ns() + 3600 * S
        fields = {"title": "do it", "owner": by.name, "due_ns": due_ns}
        self.attempt(
            self.bench.office.add_action(self.number, kind="corrective", fields=fields, by=by)
        )

    @rule(by=PEOPLE)
    def finish(self, by: Principal) -> None:
        for action in self.before.actions:
            work = self.bench.office.change_action(
                self.number, action.id, version=action.version, fields={"done": True}, by=by
            )
            self.attempt(work)

    @rule(by=PEOPLE)
    def look_around(self, by: Principal) -> None:
        self.attempt(self.bench.look_around(self.number, by))

    @rule()
    def come_again(self) -> None:
        self.run(self.bench.spell())

    @rule(seconds=st.sampled_from([30.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.run(self.bench.watch(seconds, step_s=25.0))

    @rule()
    def walk(self) -> None:
        """Fill in all there is, so that random walks get far."""
        for form in (TRIAGE, CAUSE):
            self.attempt(self.bench.edit(self.number, form))

    @precondition(lambda self: hasattr(self, "bench"))
    @invariant()
    def nothing_closes_unproven_and_nothing_is_lost(self) -> None:
        after = self.run(self.bench.office.case(self.number))
        events = self.run(self.bench.desk.events(after=0, limit=1000, issue=self.number))
        _chain(events, after.issue.state)
        if after.issue.state is IssueState.CLOSED:
            assert after.issue.verified
            assert after.verifications[0].state is VerificationState.MET
            _proven(events)
        assert after.issue.verified == (after.issue.state is IssueState.CLOSED)
        assert (after.issue.closed_ns is not None) == (after.issue.state in ENDED)
        if _told_of(after) != _told_of(self.before):
            assert events[-1].seq > self.before.issue.revision
        assert after.issue.revision == events[-1].seq
        self.before = after

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
        self.loop.close()
        self.folder.cleanup()


def _told_of(case: Case) -> object:
    """Return what of a case must not change without a line of history."""
    quiet = tuple((p.round, p.state, p.template) for p in case.verifications)
    issue = replace(case.issue, revision=0, evidence=())
    return issue, case.fields, case.actions, quiet


def _chain(events: Sequence[IssueEvent], state: IssueState) -> None:
    """Follow the history from the opening: each step is in the table, and it ends where the issue is."""
    at = IssueState.OPEN
    steps = {(start, end) for (start, _), end in TRANSITIONS.items()}
    for event in events:
        if "to" in event.detail:
            assert event.detail["from"] == at
            reached = IssueState(str(event.detail["to"]))
            assert (at, reached) in steps
            at = reached
    assert at is state


def _proven(events: Sequence[IssueEvent]) -> None:
    """The data said so after the last time verification began, and somebody else closed it."""
    last = max(i for i, e in enumerate(events) if e.detail.get("to") == IssueState.VERIFYING)
    verified = [e for e in events[last:] if e.action == "verified"]
    closing = next(e for e in reversed(events) if e.detail.get("to") == IssueState.CLOSED)
    assert verified
    assert all(e.by == "gateway" for e in verified)
    assert closing.seq > verified[-1].seq


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=4,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
