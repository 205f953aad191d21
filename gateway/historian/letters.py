"""Rows that no historian can ever store, told apart before anything is written."""

from __future__ import annotations

from typing import Final

import numpy as np

from gateway.clock import Clock
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Catalogue

PAYLOAD_CAP_BYTES: Final = 4096


def part_storable(
    batch: SampleBatch, *, catalogue: Catalogue, clock: Clock
) -> tuple[SampleBatch, tuple[DeadLetter, ...]]:
    """Return the rows that can be stored, and a dead letter for each whose text cannot be encoded."""
    wrong = [row for row, value in batch.side.items() if isinstance(value, str) and _broken(value)]
    if not wrong:
        return batch, ()
    keep = np.ones(len(batch), np.bool_)
    keep[wrong] = False
    letters = tuple(
        letter(
            source=catalogue.signal(int(batch.signal[row])).path,
            reason="the text holds characters that no encoding has (lone surrogates)",
            payload=str(batch.side[row]).encode("utf-8", "surrogatepass"),
            now_ns=clock.now_ns(),
        )
        for row in wrong
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
