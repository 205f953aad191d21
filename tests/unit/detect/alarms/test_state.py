"""The flags of an alarm: every edge of Part 9 and of ISA-18.2, and what may never happen."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.alarm import AlarmLetter, Shelving
from gateway.detect.alarms.state import SHELVINGS, AlarmAction, Flags, Handling, after, due
from gateway.errors import ConflictError

A = AlarmAction
S = 1_000_000_000
PLAIN = Handling()
LATCHING = Handling(latching=True)
TRANSITIONS = Path(__file__).parent / "opcua_part9_transitions.csv"
METHODS = {
    "TimedShelve": A.TIMED_SHELVE,
    "OneShotShelve": A.ONE_SHOT_SHELVE,
    "Unshelve": A.UNSHELVE,
}
NAMES = {
    "Unshelved": Shelving.UNSHELVED,
    "TimedShelved": Shelving.TIMED,
    "OneShotShelved": Shelving.ONE_SHOT,
}


def edges() -> list[tuple[Shelving, AlarmAction, Shelving]]:
    with TRANSITIONS.open(encoding="utf-8") as file:
        return [
            (NAMES[row["from"]], METHODS[row["cause_method"].partition(",")[0]], NAMES[row["to"]])
            for row in csv.DictReader(file)
            if row["state_machine"] == "ShelvedStateMachineType"
        ]


def go(*actions: AlarmAction, handling: Handling = PLAIN, flags: Flags | None = None) -> Flags:
    now = flags or Flags()
    for action in actions:
        now = after(now, action, handling, now_ns=0, until_ns=60 * S)
    return now


@pytest.mark.parametrize(("start", "action", "end"), edges())
def test_every_published_shelving_edge_is_taken(
    start: Shelving, action: AlarmAction, end: Shelving
) -> None:
    assert go(action, flags=Flags(shelving=start)).shelving is end


def test_a_person_can_take_the_published_shelving_edges_only() -> None:
    asked = {*METHODS.values()}
    ours = {(start, action, end) for (start, action), end in SHELVINGS.items() if action in asked}
    assert ours == set(edges())
    for start in Shelving:
        for action in asked - {action for one, action, _ in edges() if one is start}:
            with pytest.raises(ConflictError):
                go(action, flags=Flags(shelving=start))


@pytest.mark.parametrize(
    ("handling", "actions", "letter"),
    [
        (PLAIN, [], "A"),
        (PLAIN, [A.RAISE], "B"),
        (PLAIN, [A.RAISE, A.ACKNOWLEDGE], "C"),
        (PLAIN, [A.RAISE, A.ACKNOWLEDGE, A.CLEAR], "A"),
        (Handling(re_alarm_ns=S), [A.RAISE, A.ACKNOWLEDGE, A.RE_ALARM], "B"),
        (PLAIN, [A.RAISE, A.CLEAR], "D"),
        (PLAIN, [A.RAISE, A.CLEAR, A.ACKNOWLEDGE], "A"),
        (PLAIN, [A.RAISE, A.CLEAR, A.RAISE], "B"),
        (LATCHING, [A.RAISE], "B"),
        (LATCHING, [A.RAISE, A.CLEAR], "E"),
        (LATCHING, [A.RAISE, A.ACKNOWLEDGE, A.CLEAR], "F"),
        (LATCHING, [A.RAISE, A.CLEAR, A.ACKNOWLEDGE], "F"),
        (LATCHING, [A.RAISE, A.CLEAR, A.ACKNOWLEDGE, A.RESET], "A"),
        (LATCHING, [A.RAISE, A.CLEAR, A.RAISE], "B"),
        (LATCHING, [A.RAISE, A.ACKNOWLEDGE, A.CLEAR, A.RAISE], "B"),
        (PLAIN, [A.TIMED_SHELVE, A.RAISE], "G"),
        (PLAIN, [A.RAISE, A.TIMED_SHELVE, A.UNSHELVE], "B"),
        (PLAIN, [A.RAISE, A.ACKNOWLEDGE, A.TIMED_SHELVE, A.UNSHELVE], "B"),
        (PLAIN, [A.RAISE, A.TIMED_SHELVE, A.CLEAR, A.SHELVING_EXPIRED], "A"),
        (PLAIN, [A.RAISE, A.ONE_SHOT_SHELVE, A.CLEAR], "A"),
        (PLAIN, [A.SUPPRESS, A.RAISE], "H"),
        (PLAIN, [A.SUPPRESS, A.RAISE, A.UNSUPPRESS], "B"),
        (PLAIN, [A.SUPPRESS, A.RAISE, A.CLEAR, A.UNSUPPRESS], "A"),
        (PLAIN, [A.OUT_OF_SERVICE, A.RAISE], "I"),
        (PLAIN, [A.OUT_OF_SERVICE, A.RAISE, A.IN_SERVICE], "B"),
        (PLAIN, [A.RAISE, A.DISABLE], "I"),
        (PLAIN, [A.RAISE, A.DISABLE, A.ENABLE], "B"),
        (LATCHING, [A.RAISE, A.CLEAR, A.TIMED_SHELVE, A.UNSHELVE], "E"),
        (Handling(needs_ack=False), [A.RAISE], "C"),
        (Handling(needs_ack=False), [A.RAISE, A.CLEAR], "A"),
        (Handling(needs_confirm=True), [A.RAISE, A.ACKNOWLEDGE, A.CLEAR], "D"),
        (Handling(needs_confirm=True), [A.RAISE, A.ACKNOWLEDGE, A.CLEAR, A.CONFIRM], "A"),
        (PLAIN, [A.RAISE, A.WITHDRAW, A.ACKNOWLEDGE], "A"),
    ],
)
def test_the_letters_of_the_standard(
    handling: Handling, actions: list[AlarmAction], letter: str
) -> None:
    assert go(*actions, handling=handling).letter == letter


@pytest.mark.parametrize(
    ("handling", "actions"),
    [
        (PLAIN, [A.ACKNOWLEDGE]),
        (PLAIN, [A.RAISE, A.ACKNOWLEDGE, A.ACKNOWLEDGE]),
        (PLAIN, [A.RAISE, A.CONFIRM]),
        (PLAIN, [A.RAISE, A.ACKNOWLEDGE, A.CONFIRM]),
        (PLAIN, [A.RAISE, A.CLEAR, A.ACKNOWLEDGE, A.RESET]),
        (LATCHING, [A.RAISE, A.ACKNOWLEDGE, A.RESET]),
        (LATCHING, [A.RAISE, A.CLEAR, A.RESET]),
        (
            Handling(latching=True, needs_confirm=True),
            [A.RAISE, A.ACKNOWLEDGE, A.CLEAR, A.RESET],
        ),
        (PLAIN, [A.SUPPRESS, A.SUPPRESS]),
        (PLAIN, [A.UNSUPPRESS]),
        (PLAIN, [A.IN_SERVICE]),
        (PLAIN, [A.ENABLE]),
        (PLAIN, [A.RAISE, A.DISABLE, A.ACKNOWLEDGE]),
        (PLAIN, [A.DISABLE, A.TIMED_SHELVE]),
    ],
)
def test_what_is_not_valid_now_is_refused(handling: Handling, actions: list[AlarmAction]) -> None:
    before = go(*actions[:-1], handling=handling)
    with pytest.raises(ConflictError):
        go(actions[-1], handling=handling, flags=before)


def test_an_acknowledged_alarm_asks_again_when_its_time_is_over() -> None:
    asks = Handling(re_alarm_ns=10 * S)
    acked = after(go(A.RAISE, handling=asks), A.ACKNOWLEDGE, asks, now_ns=5 * S)
    assert due(acked, now_ns=15 * S - 1) is None
    assert due(acked, now_ns=20 * S) == (A.RE_ALARM, 15 * S)
    again = after(acked, A.RE_ALARM, asks, now_ns=15 * S)
    assert again.letter == "B"
    assert due(again, now_ns=99 * S) is None
    assert due(after(acked, A.CLEAR, asks, now_ns=6 * S), now_ns=99 * S) is None


def test_what_the_clock_owes_comes_in_the_order_it_was_due() -> None:
    flags = Flags(active=True, shelving=Shelving.TIMED, shelved_until_ns=9 * S, re_alarm_ns=8 * S)
    assert due(flags, now_ns=20 * S) == (A.RE_ALARM, 8 * S)


def test_retain_is_kept_while_anybody_must_still_do_something() -> None:
    assert not Flags().retain
    assert go(A.RAISE).retain
    assert go(A.RAISE, A.CLEAR).retain
    assert not go(A.RAISE, A.CLEAR, A.ACKNOWLEDGE).retain
    assert go(A.RAISE, A.ACKNOWLEDGE, A.CLEAR, handling=LATCHING).retain
    assert not go(A.RAISE, A.DISABLE).retain


class AlarmMachine(RuleBasedStateMachine):
    """Any actions in any order: refused ones change nothing, and the flags stay true to each other."""

    @initialize(
        handling=st.builds(
            Handling,
            needs_ack=st.booleans(),
            needs_confirm=st.booleans(),
            latching=st.booleans(),
            re_alarm_ns=st.sampled_from([0, 3 * S]),
        )
    )
    def begin(self, handling: Handling) -> None:
        self.handling, self.flags, self.now_ns = handling, Flags(), 0
        self.condition, self.latched_since_reset = False, False

    @rule(action=st.sampled_from([*A]), wait_s=st.integers(0, 5))
    def act(self, action: AlarmAction, wait_s: int) -> None:
        self.now_ns += wait_s * S
        while (owed := due(self.flags, now_ns=self.now_ns)) is not None:
            self._apply(owed[0], owed[1])
        self._apply(action, self.now_ns)

    def _apply(self, action: AlarmAction, now_ns: int) -> None:
        before = self.flags
        try:
            self.flags = after(
                before, action, self.handling, now_ns=now_ns, until_ns=now_ns + 4 * S
            )
        except ConflictError:
            return
        if action is A.RAISE:
            self.condition = True
            self.latched_since_reset |= self.handling.latching
        if action in {A.CLEAR, A.WITHDRAW}:
            self.condition = False
        if action is A.RESET:
            self.latched_since_reset = False
        if before.latched and not self.flags.latched:
            assert action is A.RESET, "nothing but a reset ends a latch"

    @invariant()
    def the_flags_are_true(self) -> None:
        flags = self.flags
        assert flags.active is self.condition, "the flag follows the live condition, whatever else"
        assert flags.latched is self.latched_since_reset
        assert (flags.shelving is Shelving.UNSHELVED) is (flags.shelved_until_ns is None)
        assert flags.re_alarm_ns is None or (flags.active and flags.acked)
        assert flags.confirmed or (flags.acked and self.handling.needs_confirm)
        assert flags.acked or self.handling.needs_ack or flags.active
        if flags.letter is AlarmLetter.NORMAL:
            assert not flags.retain
            assert not flags.aside
        if flags.enabled and not flags.aside and flags.active:
            assert flags.letter in {AlarmLetter.UNACKNOWLEDGED, AlarmLetter.ACKNOWLEDGED}


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
