"""Rows that no historian can ever store, told apart before anything is written."""

from __future__ import annotations

from typing import Final

import numpy as np

from gateway.clock import Clock
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Catalogue

PAYLOAD_CAP_BYTES: Final = 4096
_FARTHEST_NS: Final = 2.0**63 - 2.0**20
_NO_TEXT: Final = "the text holds characters that no encoding has (lone surrogates)"
_NO_TIME: Final = "the source time lies more than 292 years away from the received time"


def part_storable(
    batch: SampleBatch, *, catalogue: Catalogue, clock: Clock
) -> tuple[SampleBatch, tuple[DeadLetter, ...]]:
    """Return the rows that can be stored, and a dead letter for each that no engine can hold.

    That is text which cannot be encoded, and a source time more than 292 years away from the received time.
    """
    wrong = {
        row: (_NO_TEXT, value.encode("utf-8", "surrogatepass"))
        for row, value in batch.side.items()
        if isinstance(value, str) and _broken(value)
    }
    apart = batch.received_ns.astype(np.float64) - batch.source_ns.astype(np.float64)
    for row in np.flatnonzero(np.abs(apart) > _FARTHEST_NS).tolist():
        wrong[row] = (_NO_TIME, str(int(batch.source_ns[row])).encode())
    if not wrong:
        return batch, ()
    keep = np.ones(len(batch), np.bool_)
    keep[list(wrong)] = False
    letters = tuple(
        letter(
            source=catalogue.signal(int(batch.signal[row])).path,
            reason=reason,
            payload=payload,
            now_ns=clock.now_ns(),
        )
        for row, (reason, payload) in sorted(wrong.items())
    )
    return batch.take(keep), letters


def letter(*, source: str, reason: str, payload: bytes, now_ns: int) -> DeadLetter:
    """Return a dead letter of the historian; the payload is cut at the cap, its size is kept."""
    return DeadLetter(
        time_ns=now_ns,
        connector="historian",
        source=source,
        reason=reason,
        payload=payload[:PAYLOAD_CAP_BYTES],
        payload_size=len(payload),
    )


def _broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
