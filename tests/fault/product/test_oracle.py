"""The oracle itself: each kind of lie is found."""

import pytest

from gateway.model import DeadLetter, GapState
from tests.fault.product.oracle import Interval, Kept, Key, Sent, bits, inside_lost, judge, lost_s

PATH = "s/a/l/m/x"


def sent(count: int = 3) -> Sent:
    truth = Sent()
    for number in range(count):
        truth.add(PATH, number, number)
    return truth


def kept(*numbers: float, gaps: tuple[Interval, ...] = ()) -> Kept:
    rows = [(Key(PATH, int(number)), bits(number), True) for number in numbers]
    return Kept(rows, list(gaps), [])


def gap(start_ns: int, end_ns: int, state: GapState = GapState.LOST) -> Interval:
    return Interval(PATH, start_ns, end_ns, state, "test")


def letter(payload: bytes) -> DeadLetter:
    return DeadLetter(
        time_ns=1, connector="c", source="topic", reason="r", payload=payload, payload_size=5
    )


def test_everything_kept_holds():
    assert judge(sent(), kept(0, 1, 2)).holds


def test_one_missing_is_found():
    assert judge(sent(), kept(0, 2)).missing == [Key(PATH, 1)]


def test_what_was_shown_to_nobody_is_not_missing():
    assert judge(sent(), kept(1, 2), since_ns=1).holds


@pytest.mark.parametrize(
    ("state", "holds"),
    [(GapState.LOST, True), (GapState.OPEN, True), (GapState.REPUBLISHED, False)],
)
def test_only_a_loss_that_is_declared_excuses(state, holds):
    assert judge(sent(), kept(0, 2, gaps=(gap(0, 2, state),))).holds is holds


def test_a_gap_of_another_signal_excuses_nothing():
    other = Interval("s/a/l/m/y", 0, 2, GapState.LOST, "test")
    assert not judge(sent(), kept(0, 2, gaps=(other,))).holds


def test_a_row_that_nobody_sent_is_extra():
    assert judge(sent(), kept(0, 1, 2, 9)).extra == [Key(PATH, 9)]


def test_a_row_kept_twice_is_found():
    assert judge(sent(), kept(0, 1, 1, 2)).twice == [Key(PATH, 1)]


def test_a_value_of_other_bits_is_altered():
    truth = sent(0)
    truth.add(PATH, 0, -0.0)
    assert judge(truth, kept(0.0)).altered == [Key(PATH, 0)]


def test_a_dead_letter_excuses_by_its_bytes():
    truth, held = sent(), kept(0, 2)
    truth.payloads[Key(PATH, 1)] = ("topic", b"right")
    held.letters.append(letter(b"wrong"))
    assert not judge(truth, held).holds
    held.letters.append(letter(b"right"))
    assert judge(truth, held).buried == 1


def test_a_hole_that_is_none_and_its_length_are_seen():
    held = kept(0, 1, 2, gaps=(gap(0, 2),))
    assert inside_lost(held) == [Key(PATH, 1)]
    assert lost_s(held) == 2e-9
