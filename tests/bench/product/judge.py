"""The oracle of the bench: every sample sent is stored, or a dead letter, or in a declared gap; values equal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import SystemClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import Gap, GapState
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import JournalOptions
from tests.bench.product.sent import Rows, sent_rows

FOREVER_NS: Final = 2**62
_AT_ONCE: Final = 50
_TOLD: Final = 5


@dataclass(slots=True)
class Verdict:
    """How many samples ended where. `unaccounted` and `altered` are 0 wherever the promise holds."""

    sent: int = 0
    stored: int = 0
    in_gaps: int = 0
    unaccounted: int = 0
    altered: int = 0
    dead_letters: int = 0
    gaps: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)


def judge(folder: Path, loads: Mapping[str, int]) -> dict[str, Any]:
    """Return the verdict on a rig's folder, its gateway stopped; `loads` says how many signals each source has."""
    return asdict(asyncio.run(_judge(folder, loads)))


async def _judge(folder: Path, loads: Mapping[str, int]) -> Verdict:
    verdict = Verdict()
    async with _opened(folder / "gateway" / "data") as (historian, catalogue, ledger):
        index = {signal.path: at for at, signal in enumerate(catalogue.all())}
        gaps = _by_signal(ledger.gaps(None, start_ns=0, end_ns=FOREVER_NS, limit=100_000_000))
        verdict.dead_letters = ledger.dead_letter_count()
        verdict.gaps = sum(map(len, gaps.values()))
        for found in gaps.values():
            for gap in found:
                verdict.causes[gap.cause] = verdict.causes.get(gap.cause, 0) + 1
        for kind, signals in loads.items():
            held: list[tuple[str, Rows]] = []
            for each in sent_rows(folder, kind, signals):
                held.append(each)
                if len(held) == _AT_ONCE:
                    await _compare(verdict, historian, index, gaps, held)
                    held = []
            await _compare(verdict, historian, index, gaps, held)
    return verdict


@asynccontextmanager
async def _opened(
    data: Path,
) -> AsyncIterator[tuple[EmbeddedHistorian, JournalCatalogue, GapLedger]]:
    clock = SystemClock()
    journal = Journal.open(data / "journal", clock=clock, options=JournalOptions.model_validate({}))
    catalogue, ledger = JournalCatalogue(journal), GapLedger(journal)
    try:
        historian = EmbeddedHistorian.open(
            data / "history",
            catalogue=catalogue,
            clock=clock,
            options=EmbeddedOptions.model_validate({}),
        )
        try:
            yield historian, catalogue, ledger
        finally:
            await historian.close()
    finally:
        ledger.close()
        catalogue.close()
        await journal.close()


async def _compare(
    verdict: Verdict,
    historian: EmbeddedHistorian,
    index: Mapping[str, int],
    gaps: Mapping[int, Sequence[Gap]],
    sent: Sequence[tuple[str, Rows]],
) -> None:
    known = [index[path] for path, _ in sent if path in index]
    kept = await historian.rows(known, start_ns=0, end_ns=FOREVER_NS, limit=1_000_000_000)
    for path, rows in sent:
        signal = index.get(path, -1)
        mine = kept.signal == signal
        _compare_signal(verdict, path, rows, kept.source_ns[mine], kept.value[mine])
        missing = rows.time_ns[~np.isin(rows.time_ns, kept.source_ns[mine])]
        inside = _inside(missing, gaps.get(signal, ()))
        verdict.in_gaps += int(inside.sum())
        verdict.unaccounted += int((~inside).sum())
        if not inside.all() and len(verdict.examples) < _TOLD:
            verdict.examples.append(f"{path} at {missing[~inside][0]}")


def _compare_signal(
    verdict: Verdict,
    path: str,
    rows: Rows,
    time_ns: NDArray[np.int64],
    value: NDArray[np.float64],
) -> None:
    verdict.sent += len(rows.time_ns)
    order = np.argsort(time_ns, kind="stable")
    at = np.searchsorted(time_ns[order], rows.time_ns)
    found = at < len(order)
    found[found] = time_ns[order][at[found]] == rows.time_ns[found]
    verdict.stored += int(found.sum())
    wrong = value[order][at[found]] != rows.value[found]
    verdict.altered += int(wrong.sum())
    if wrong.any() and len(verdict.examples) < _TOLD:
        verdict.examples.append(f"{path} altered at {rows.time_ns[found][wrong][0]}")


def _inside(time_ns: NDArray[np.int64], gaps: Sequence[Gap]) -> NDArray[np.bool_]:
    inside = np.zeros(len(time_ns), np.bool_)
    for gap in gaps if len(time_ns) else ():
        end_ns = FOREVER_NS if gap.end_ns is None else gap.end_ns
        inside |= (time_ns >= gap.start_ns) & (time_ns <= end_ns)
    return inside


def _by_signal(gaps: Sequence[Gap]) -> dict[int, list[Gap]]:
    """Return the gaps that say that data is lost."""
    found: dict[int, list[Gap]] = {}
    for gap in gaps:
        if gap.state in (GapState.LOST, GapState.OPEN):
            found.setdefault(gap.signal, []).append(gap)
    return found
