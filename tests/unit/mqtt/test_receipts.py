"""Acknowledgements keep the order of receipt and never reach across connections."""

from connectors.mqtt.frames import Message
from connectors.mqtt.receipts import Receipts


def message(mid: int, *, qos: int = 1, dup: bool = False, payload: bytes = b"") -> Message:
    return Message(b"t", payload or b"%d" % mid, qos, mid, dup, False, 0, 1, ())


def begun(window: int = 10) -> Receipts:
    receipts = Receipts(window=window)
    receipts.begin(resumed=False)
    return receipts


def test_a_receipt_settles_everything_before_it_once():
    receipts = begun()
    first = receipts.hand_out([message(1), message(2, qos=0), message(3)])
    second = receipts.hand_out([message(4)])
    assert [m.mid for m in receipts.settle(first)] == [1, 3]
    assert receipts.settle(first) == []
    assert receipts.unsettled == 1
    assert [m.mid for m in receipts.settle(second)] == [4]


def test_a_later_receipt_covers_the_earlier_ones():
    receipts = begun()
    receipts.hand_out([message(1)])
    later = receipts.hand_out([message(2)])
    assert [m.mid for m in receipts.settle(later)] == [1, 2]


def test_a_stale_receipt_acknowledges_nothing():
    receipts = begun()
    old = receipts.hand_out([message(1)])
    receipts.begin(resumed=True)
    receipts.hand_out([message(9)])
    assert receipts.settle(old) == []
    assert receipts.unsettled == 1


def test_a_repetition_of_what_is_on_disk_is_recognised():
    receipts = begun()
    receipts.settle(receipts.hand_out([message(1)]))
    late = receipts.hand_out([message(2)])
    receipts.begin(resumed=True)
    assert receipts.is_repeated(message(1, dup=True))
    assert not receipts.is_repeated(message(2, dup=True))
    receipts.settle(late)
    assert receipts.is_repeated(message(2, dup=True))
    assert not receipts.is_repeated(message(2, dup=False))
    assert not receipts.is_repeated(message(2, dup=True, payload=b"other"))


def test_what_was_carried_over_is_recognised():
    receipts = begun()
    receipts.begin(resumed=True, carried=[message(5)])
    assert receipts.is_repeated(message(5, dup=True))
    receipts.begin(resumed=True)
    assert not receipts.is_repeated(message(5, dup=True))


def test_a_lost_session_forgets_packet_ids():
    receipts = begun()
    receipts.settle(receipts.hand_out([message(1)]))
    receipts.begin(resumed=False, carried=[message(2)])
    assert not receipts.is_repeated(message(1, dup=True))
    assert not receipts.is_repeated(message(2, dup=True))


def test_the_memory_is_bounded_by_the_window():
    receipts = begun(window=2)
    receipts.settle(receipts.hand_out([message(mid) for mid in (1, 2, 3)]))
    assert [receipts.is_repeated(message(mid, dup=True)) for mid in (1, 2, 3)] == [
        False,
        True,
        True,
    ]
