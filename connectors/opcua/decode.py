"""Data-change notifications straight into columns.

Items of one layout (encoding mask and variant type) lie at a fixed stride and become one structured array. An
overflow or a bad status changes an item's mask, so a notification often mixes layouts: then one pass finds
where each item begins, and the items of each layout are gathered. What has no fixed size (text, arrays) is
walked one by one.

The order on the wire is that of OPC 10000-6 §5.2.2.17: each picosecond field follows its own timestamp. The
library's decoder reads both timestamps first, so with picoseconds it misreads the server time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.wire.reader import UNIX_EPOCH_TICKS, DecodeError, Reader
from connectors.opcua.wire.variant import NUMBER_FORMATS, Held, read_variant, ticks_text

NO_TIME: Final = np.iinfo(np.int64).min
EXACT: Final = 2**53
_MAX_RUNS: Final = 8
_FIXED_FORMATS: Final = {**NUMBER_FORMATS, 13: "<i8", 19: "<u4"}
_TICKS_LOW: Final = UNIX_EPOCH_TICKS - (2**63 - 1) // 100
_TICKS_HIGH: Final = UNIX_EPOCH_TICKS + (2**63 - 1) // 100


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """The changes of one notification, one row each, in the server's order.

    `handle` uint32 client handles; `type` uint8 built-in type, 0 for none, with 0x80 for arrays; `value` float64
    (NaN where `held` has the value instead); `status` uint32; `source_ns`, `server_ns` int64 UTC, `NO_TIME`
    where the server gave none. `held` holds exact large integers (beside an approximate `value`), text, arrays
    and what nothing can hold.
    """

    handle: NDArray[np.uint32]
    type: NDArray[np.uint8]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    source_ns: NDArray[np.int64]
    server_ns: NDArray[np.int64]
    held: dict[int, Held] = field(default_factory=dict)

    @classmethod
    def of(cls, n: int) -> Changes:
        """Return `n` rows without anything in them yet."""
        return cls(
            np.empty(n, np.uint32),
            np.zeros(n, np.uint8),
            np.full(n, np.nan),
            np.zeros(n, np.uint32),
            np.full(n, NO_TIME, np.int64),
            np.full(n, NO_TIME, np.int64),
        )

    def __len__(self) -> int:
        return len(self.handle)

    def take(self, chosen: NDArray[np.bool_]) -> Changes:
        """Return the rows of a mask, in order."""
        new_row = np.cumsum(chosen) - 1
        return Changes(
            self.handle[chosen],
            self.type[chosen],
            self.value[chosen],
            self.status[chosen],
            self.source_ns[chosen],
            self.server_ns[chosen],
            {int(new_row[row]): held for row, held in self.held.items() if chosen[row]},
        )


def decode_changes(body: bytes) -> Changes:
    """Return the changes in the body of a DataChangeNotification; raises `DecodeError` if it is not one."""
    n = Reader(body).count(5) or 0
    changes = Changes.of(n)
    row, offset = 0, 4
    for _ in range(_MAX_RUNS):
        if row == n:
            break
        layout = _layout_at(body, offset)
        if layout is None:
            break
        view = _run(body, offset, layout, n - row)
        _fill(changes, slice(row, row + len(view)), view, layout)
        row += len(view)
        offset += len(view) * layout.itemsize
    end = _scan(body, changes, row, offset) if row < n else offset
    _check_tail(body, end)
    return changes


def _check_tail(body: bytes, end: int) -> None:
    """Refuse a body whose end is not exactly an array of DiagnosticInfo: then the items were misread too."""
    reader = Reader(body, end)
    for _ in range(reader.count(1) or 0):
        reader.diagnostic_info()
    if reader.left:
        msg = f"{reader.left} bytes follow the notification's end"
        raise DecodeError(msg)


@lru_cache(maxsize=4096)
def _layout(mask: int, encoding: int) -> np.dtype[Any] | None:
    """Return the fields of an item with this mask and variant encoding, or None where its size is not fixed."""
    if mask > 0x3F:
        return None
    fields: list[tuple[str, str]] = [("handle", "<u4"), ("mask", "u1")]
    if mask & 0x01:
        fields.append(("encoding", "u1"))
        if encoding:
            if encoding not in _FIXED_FORMATS:
                return None
            fields.append(("value", _FIXED_FORMATS[encoding]))
    optional = ((0x02, "status", "<u4"), (0x04, "source", "<i8"), (0x10, "source_ps", "<u2"),
                (0x08, "server", "<i8"), (0x20, "server_ps", "<u2"))  # fmt: skip
    fields += [(name, form) for bit, name, form in optional if mask & bit]
    return np.dtype(fields)


def _layout_at(body: bytes, offset: int) -> np.dtype[Any] | None:
    if offset + 5 > len(body):
        msg = f"an item is cut at {offset}"
        raise DecodeError(msg)
    mask = body[offset + 4]
    if mask > 0x3F:
        msg = f"an item's encoding mask at {offset + 4} is 0x{mask:02X}"
        raise DecodeError(msg)
    layout = _layout(mask, body[offset + 5] if mask & 1 and offset + 5 < len(body) else 0)
    if layout is not None and offset + layout.itemsize > len(body):
        msg = f"an item is cut at {offset}"
        raise DecodeError(msg)
    return layout


def _run(body: bytes, offset: int, layout: np.dtype[Any], most: int) -> NDArray[Any]:
    """Return the leading items that share the first one's layout, as one structured array."""
    n = min(most, (len(body) - offset) // layout.itemsize)
    view = np.frombuffer(body, layout, n, offset)
    same = view["mask"] == view["mask"][0]
    if "encoding" in (layout.names or ()):
        same &= view["encoding"] == view["encoding"][0]
    return view if same.all() else view[: int(np.argmin(same))]


def _scan(body: bytes, changes: Changes, row: int, offset: int) -> int:
    """Find each item from `offset` on, gather those of one layout together, and return where the items end."""
    groups: dict[np.dtype[Any], tuple[list[int], list[int]]] = {}
    sizes: dict[int, tuple[int, list[int], list[int]]] = {}
    size_of_body = len(body) - 6
    for index in range(row, len(changes)):
        key = (body[offset + 4] << 8) | body[offset + 5] if offset <= size_of_body else -1
        known = sizes.get(key)
        if known is None or offset + known[0] > len(body):
            layout = _layout_at(body, offset)
            if layout is None:
                offset = _walk(body, changes, index, offset)
                continue
            known = (layout.itemsize, *groups.setdefault(layout, ([], [])))
            if key >= 0:
                sizes[key] = known
        known[1].append(index)
        known[2].append(offset)
        offset += known[0]
    raw = np.frombuffer(body, np.uint8)
    for layout, (rows, offsets) in groups.items():
        where = np.array(offsets)[:, None] + np.arange(layout.itemsize)
        _fill(changes, np.array(rows), raw[where].view(layout)[:, 0], layout)
    return offset


def _fill(
    changes: Changes, rows: slice | NDArray[np.intp], view: NDArray[Any], layout: np.dtype[Any]
) -> None:
    names = layout.names or ()
    changes.handle[rows] = view["handle"]
    if "status" in names:
        changes.status[rows] = view["status"]
    for name, column in (("source", changes.source_ns), ("server", changes.server_ns)):
        if name in names:
            fraction = view[f"{name}_ps"] if f"{name}_ps" in names else None
            column[rows] = _nanoseconds(view[name], fraction)
    if "encoding" in names:
        changes.type[rows] = view["encoding"]
    if "value" not in names:
        return
    kind = int(view["encoding"][0])
    if kind == 13:
        _hold(changes.held, rows, {i: ticks_text(t) for i, t in enumerate(view["value"].tolist())})
        return
    changes.value[rows] = (view["value"] != 0) if kind == 1 else view["value"]
    if kind in (8, 9):
        _hold(changes.held, rows, _inexact(view["value"]))


def _inexact(value: NDArray[Any]) -> Mapping[int, int]:
    beyond = value > EXACT if value.dtype.kind == "u" else (value > EXACT) | (value < -EXACT)
    return {int(i): int(value[i]) for i in np.flatnonzero(beyond)}


def _hold(
    held: dict[int, Held], rows: slice | NDArray[np.intp], found: Mapping[int, str | int]
) -> None:
    for i, value in found.items():
        held[rows.start + i if isinstance(rows, slice) else int(rows[i])] = value


def _nanoseconds(
    ticks: NDArray[np.int64], fraction: NDArray[np.uint16] | None
) -> NDArray[np.int64]:
    """Turn 100 ns ticks since 1601 (and 10 ps parts) into UTC nanoseconds; zero and unreachable years mean none."""
    known = (ticks > max(_TICKS_LOW, 0)) & (ticks < _TICKS_HIGH)
    ns = (np.where(known, ticks, UNIX_EPOCH_TICKS) - UNIX_EPOCH_TICKS) * 100
    if fraction is not None:
        ns += np.minimum(fraction, 9999) // 100
    return np.where(known, ns, NO_TIME)


def _walk(body: bytes, changes: Changes, row: int, offset: int) -> int:
    """Read one item of no fixed size and return where it ends."""
    reader = Reader(body, offset)
    changes.handle[row] = reader.u32()
    mask = reader.u8()
    kind, value = read_variant(reader)
    changes.type[row] = kind
    if isinstance(value, float):
        changes.value[row] = value
    elif value is not None:
        changes.held[row] = value
    if value is None:
        changes.type[row] = 0
    if mask & 0x02:
        changes.status[row] = reader.u32()
    for bit, fraction_bit, column in (
        (0x04, 0x10, changes.source_ns),
        (0x08, 0x20, changes.server_ns),
    ):
        ticks = reader.i64() if mask & bit else 0
        column[row] = time_ns(ticks, reader.u16() if mask & fraction_bit else 0)
    return reader.pos


def time_ns(ticks: int, fraction: int) -> int:
    """Turn 100 ns ticks since 1601 and 10 ps parts into UTC nanoseconds; zero and unreachable years are `NO_TIME`."""
    if not max(_TICKS_LOW, 0) < ticks < _TICKS_HIGH:
        return int(NO_TIME)
    return (ticks - UNIX_EPOCH_TICKS) * 100 + min(fraction, 9999) // 100
