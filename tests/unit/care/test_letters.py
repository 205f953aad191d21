"""Letters read again: once, with the reason where they stay unusable, and never a sample twice."""

from __future__ import annotations

from gateway.care import LetterDesk
from gateway.clock import ManualClock
from gateway.model import DeadLetter, Principal, SampleBatch
from gateway.upkeep import Mark, Subject
from tests.peers.web_memory import MemoryHistory, MemoryLedger, MemoryStore
from tests.peers.web_upkeep import MemoryAgain, MemoryRemarks

ANNA = Principal(name="anna", kind="person", roles=frozenset())


def letter(number: int, payload: bytes) -> DeadLetter:
    return DeadLetter(
        id=number,
        time_ns=1_000 * number,
        connector="sensors",
        source="t",
        reason="was wrong",
        payload=payload,
        payload_size=len(payload),
    )


class Desk:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.remarks = MemoryRemarks(ManualClock())
        letters = [letter(1, b"21.5"), letter(2, b'"x"'), letter(3, b"7")]
        self.ledger = MemoryLedger(letters=letters)
        self.desk = LetterDesk(
            ledger=self.ledger,
            remarks=self.remarks,
            history=MemoryHistory(self.store),
            again=MemoryAgain(),
        )

    async def marks(self) -> dict[str, Mark]:
        held = await self.remarks.of(Subject.DEAD_LETTER)
        return {key: remark.mark for key, remark in held.items()}


async def test_a_letter_gives_its_samples_once_or_says_why_not() -> None:
    desk = Desk()
    found = await desk.desk.retry([1, 2, 1], by=ANNA)
    assert [(each.letter, each.rows) for each in found] == [(1, 1), (2, 0)]
    assert found[1].reason == "still unusable: value is not a number"
    assert await desk.marks() == {"1": Mark.RETRIED}
    again = await desk.desk.retry([1], by=ANNA)
    assert again[0].rows == 0
    assert again[0].reason == "read again already by anna: gave 1 samples"


async def test_what_history_has_is_not_stored_again() -> None:
    desk = Desk()
    kept = SampleBatch.of(signal=[0], source_ns=[1_000], received_ns=1_000, value=[21.5])
    desk.store.append(kept)
    found = await desk.desk.retry([1, 3], by=ANNA)
    assert [(each.letter, each.rows) for each in found] == [(1, 0), (3, 1)]


async def test_a_retry_whose_end_was_never_noted_is_not_repeated() -> None:
    desk = Desk()
    await desk.remarks.put(Subject.DEAD_LETTER, ["3"], mark=Mark.RETRYING, reason="begun", by=ANNA)
    assert (await desk.desk.retry([3], by=ANNA))[0].rows == 0


async def test_a_dismissed_letter_keeps_its_bytes_and_can_still_be_read_again() -> None:
    desk = Desk()
    await desk.desk.dismiss([3], reason="a test", by=ANNA)
    assert desk.ledger.dead_letter(3).payload == b"7"
    assert await desk.marks() == {"3": Mark.DISMISSED}
    assert (await desk.desk.retry([3], by=ANNA))[0].rows == 1
    assert await desk.marks() == {"3": Mark.RETRIED}
