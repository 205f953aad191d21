"""Look over a write-ahead log before SQLite does: it drops everything behind a damaged frame without a word.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import numpy as np

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MAGIC: Final = (0x377F0682, 0x377F0683)
_MASK: Final = 0xFFFF_FFFF


def damage(path: Path) -> str | None:
    """Say what committed frames of this log SQLite would leave out, or None where there is nothing to report."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    data = path.read_bytes()
    if len(data) < _HEADER:
        return f"the log's header is cut after {len(data)} bytes"
    magic, _, page, _, salt1, salt2, sum1, sum2 = struct.unpack_from(">8I", data)
    order = ">" if magic & 1 else "<"
    if magic not in _MAGIC or _sums(data[:24], order, (0, 0)) != (sum1, sum2):
        return "the log's header is damaged"
    return _frames(data, page, struct.pack(">II", salt1, salt2), order, (sum1, sum2))


def _frames(data: bytes, page: int, salt: bytes, order: str, sums: tuple[int, int]) -> str | None:
    size = _FRAME_HEADER + page
    broken: int | None = None
    for number, at in enumerate(range(_HEADER, len(data) - size + 1, size)):
        if data[at + 8 : at + 16] != salt:
            # Either an older round's frame, which ends this round, or damage to the salt itself.
            broken = number if broken is None else broken
            continue
        if broken is not None and _commits(data, at):
            return f"frame {broken} is damaged and committed frames follow it"
        if broken is None:
            sums = _sums(data[at : at + 8] + data[at + _FRAME_HEADER : at + size], order, sums)
            if sums != struct.unpack_from(">II", data, at + 16):
                broken = number
                if _commits(data, at):
                    return f"frame {number}, which ends a commit, is damaged"
    return None


def _commits(data: bytes, at: int) -> bool:
    return data[at + 4 : at + 8] != bytes(4)


def _sums(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = np.frombuffer(data, f"{order}u4").tolist()
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second
