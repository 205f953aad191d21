"""Dead letters once more: read by today's mappings, stored where they were not, and told what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gateway.errors import ConflictError, InvalidRequestError
from gateway.model import DeadLetter, Principal, SampleBatch
from gateway.ports import History, Ledger, Remarks
from gateway.upkeep import Mark, Retried, Subject


class Again(Protocol):
    """Whoever can read a letter once more, and take its rows as the connector's own."""

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return the rows of a letter; raises `InvalidRequestError`, `NotFoundError`, `ConflictError`."""
        ...

    async def take_again(self, connector: str, batch: SampleBatch) -> int:
        """Journal rows as a connector's; return how many were new. Raises `NotFoundError`, `ConflictError`."""
        ...


class LetterDesk:
    """The `Letters` port."""

    def __init__(self, *, ledger: Ledger, remarks: Remarks, history: History, again: Again) -> None:
        self._ledger = ledger
        self._remarks = remarks
        self._history = history
        self._again = again

    async def retry(self, numbers: Sequence[int], *, by: Principal) -> Sequence[Retried]:
        """Read letters once more by today's mappings, in the order asked; raises `NotFoundError`."""
        letters = [self._ledger.dead_letter(number) for number in dict.fromkeys(numbers)]
        held = await self._remarks.of(Subject.DEAD_LETTER)
        found: list[Retried] = []
        for letter in letters:
            mark = held.get(str(letter.id))
            done = mark is not None and mark.mark in {Mark.RETRIED, Mark.RETRYING}
            if done and mark is not None:
                reason = f"read again already by {mark.by}: {mark.reason}"
                found.append(Retried(letter=letter.id, rows=0, reason=reason))
            else:
                found.append(await self._retry(letter, by))
        return found

    async def dismiss(self, numbers: Sequence[int], *, reason: str, by: Principal) -> None:
        """Note that letters are of no use; their bytes are kept as before. Raises `NotFoundError`."""
        keys = [str(self._ledger.dead_letter(number).id) for number in numbers]
        await self._remarks.put(
            Subject.DEAD_LETTER, keys, mark=Mark.DISMISSED, reason=reason, by=by
        )

    async def _retry(self, letter: DeadLetter, by: Principal) -> Retried:
        """Read one letter. The steps, in this order:

        1. decode, which changes nothing; 2. note that a retry began, so that a crash before 4 is seen and not
        repeated; 3. leave out what history has, and journal the rest; 4. note what came of it.
        """
        try:
            batch = self._again.decode_again(letter)
        except (InvalidRequestError, ConflictError) as error:
            return Retried(letter=letter.id, rows=0, reason=str(error))
        await self._note(letter, Mark.RETRYING, "begun, and its end not noted", by)
        rows = await self._again.take_again(letter.connector, await self._not_stored(batch))
        await self._note(letter, Mark.RETRIED, f"gave {rows} samples", by)
        return Retried(letter=letter.id, rows=rows)

    async def _note(self, letter: DeadLetter, mark: Mark, reason: str, by: Principal) -> None:
        await self._remarks.put(
            Subject.DEAD_LETTER, [str(letter.id)], mark=mark, reason=reason, by=by
        )

    async def _not_stored(self, batch: SampleBatch) -> SampleBatch:
        """Return the rows that history does not have: some values of a letter may have been taken at first."""
        signals = np.unique(batch.signal).tolist()
        stored = await self._history.rows(
            signals,
            start_ns=int(batch.source_ns.min()),
            end_ns=int(batch.source_ns.max()) + 1,
            limit=len(batch) * 10,
        )
        usable = stored.take(stored.quality < _BAD)
        known = set(zip(usable.signal.tolist(), usable.source_ns.tolist(), strict=True))
        fresh = [
            key not in known
            for key in zip(batch.signal.tolist(), batch.source_ns.tolist(), strict=True)
        ]
        return batch.take(np.array(fresh, np.bool_))


_BAD = 0x8000_0000
"""Status codes from here on are bad: such a row holds no value, so the one that was read now joins it."""
