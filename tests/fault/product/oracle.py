"""The oracle of every fault test: what was sent is kept, or a dead letter, or lies in a declared gap; nothing else is."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from gateway.clock import SystemClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import DeadLetter, GapState, SampleBatch
from gateway.quality import is_good
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import JournalOptions
from simulators.sentlog import read_sent

FOREVER_NS = 2**62
_LOST = (GapState.LOST, GapState.OPEN)


class Key(NamedTuple):
    """What a sample is known by: its signal's path and its source time."""

    path: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A declared gap of one signal; an open one reaches to the end of time."""

    path: str
    start_ns: int
    end_ns: int
    state: GapState
    cause: str


@dataclass(slots=True)
class Sent:
    """The truth: what left the machines, as bits of a float64, and the payload each came in (MQTT)."""

    values: dict[Key, bytes] = field(default_factory=dict)
    payloads: dict[Key, tuple[str, bytes]] = field(default_factory=dict)

    def add(self, path: str, time_ns: int, value: float) -> None:
        """Note one sample."""
        self.values[Key(path, time_ns)] = bits(value)


@dataclass(slots=True)
class Kept:
    """What the gateway says it has: rows of the historian, gaps and dead letters."""

    rows: list[tuple[Key, bytes, bool]]
    gaps: list[Interval]
    letters: list[DeadLetter]

    @classmethod
    def read(
        cls, data: Path, *, history: Callable[[], Iterable[tuple[Key, float, int]]] | None = None
    ) -> Self:
        """Read a stopped gateway's folder; `history` gives the rows where they are not embedded."""
        return asyncio.run(cls._read(data, history))

    @classmethod
    async def _read(
        cls, data: Path, history: Callable[[], Iterable[tuple[Key, float, int]]] | None
    ) -> Self:
        clock = SystemClock()
        journal = Journal.open(
            data / "journal", clock=clock, options=JournalOptions.model_validate({})
        )
        catalogue, ledger = JournalCatalogue(journal), GapLedger(journal)
        paths = [signal.path for signal in catalogue.all()]
        try:
            if history is None:
                historian = EmbeddedHistorian.open(
                    data / "history",
                    catalogue=catalogue,
                    clock=clock,
                    options=EmbeddedOptions.model_validate({}),
                )
                try:
                    batch = await historian.rows(
                        range(len(paths)), start_ns=0, end_ns=FOREVER_NS, limit=10_000_000
                    )
                finally:
                    await historian.close()
                rows = _rows(batch, paths)
            else:
                rows = [(key, bits(value), is_good_code(code)) for key, value, code in history()]
            gaps = [
                Interval(
                    paths[gap.signal],
                    gap.start_ns,
                    FOREVER_NS if gap.end_ns is None else gap.end_ns,
                    gap.state,
                    gap.cause,
                )
                for gap in ledger.gaps(None, start_ns=0, end_ns=FOREVER_NS, limit=1_000_000)
            ]
            letters = list(ledger.dead_letters(before_id=None, limit=1_000_000))
        finally:
            ledger.close()
            catalogue.close()
            await journal.close()
        return cls(rows, gaps, letters)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison found; `holds` is the promise."""

    sent: int
    kept: int
    buried: int
    in_gaps: int
    missing: Sequence[Key]
    extra: Sequence[Key]
    twice: Sequence[Key]
    altered: Sequence[Key]

    @property
    def holds(self) -> bool:
        """Whether sent = historian + dead letters + declared gaps, values equal, nothing extra."""
        return not (self.missing or self.extra or self.twice or self.altered)

    def __str__(self) -> str:
        """Say the counts and the first offenders of each kind."""
        wrong = {
            name: (len(found), list(found[:3]))
            for name in ("missing", "extra", "twice", "altered")
            if (found := getattr(self, name))
        }
        return f"sent {self.sent}, kept {self.kept}, buried {self.buried}, in gaps {self.in_gaps}, wrong {wrong}"


def judge(sent: Sent, kept: Kept, *, since_ns: int = 0) -> Verdict:
    """Compare what was sent with what is kept.

    Only rows of good quality can be extra: the others are the gateway's or the server's own word. What was sent
    before `since_ns`, when the gateway first listened, need not be there; a machine shows it to nobody.
    """
    counts = Counter(key for key, _, _ in kept.rows)
    good = {key: value for key, value, is_good_row in kept.rows if is_good_row}
    letters = {(letter.source, letter.payload) for letter in kept.letters}
    lost: dict[str, list[Interval]] = {}
    for gap in kept.gaps:
        if gap.state in _LOST:
            lost.setdefault(gap.path, []).append(gap)
    absent = [key for key in sent.values if key not in good]
    buried = [key for key in absent if sent.payloads.get(key) in letters]
    unburied = set(absent).difference(buried)
    missing = [
        key
        for key in unburied
        if key.time_ns >= since_ns
        and not any(gap.start_ns <= key.time_ns <= gap.end_ns for gap in lost.get(key.path, ()))
    ]
    return Verdict(
        sent=len(sent.values),
        kept=len(good),
        buried=len(buried),
        in_gaps=len(unburied) - len(missing),
        missing=sorted(missing),
        extra=sorted(key for key in good if key not in sent.values),
        twice=sorted(key for key, count in counts.items() if count > 1),
        altered=sorted(key for key, value in good.items() if sent.values.get(key, value) != value),
    )


def inside_lost(kept: Kept) -> list[Key]:
    """Return good rows strictly inside a gap that is called lost: a hole that is none."""
    lost: dict[str, list[Interval]] = {}
    for gap in kept.gaps:
        if gap.state is GapState.LOST:
            lost.setdefault(gap.path, []).append(gap)
    return [
        key
        for key, _, is_good_row in kept.rows
        if is_good_row
        and any(gap.start_ns < key.time_ns < gap.end_ns for gap in lost.get(key.path, ()))
    ]


def lost_s(kept: Kept) -> float:
    """Return the longest time that any one signal is declared lost, in seconds; open gaps do not count."""
    total: Counter[str] = Counter()
    for gap in kept.gaps:
        if gap.state is GapState.LOST:
            total[gap.path] += gap.end_ns - gap.start_ns
    return max(total.values(), default=0) / 1e9


def read_load(*logs: Path) -> Sent:
    """Return what simulators.load and `machine` sent, under the paths that `load_mqtt` and `load_opcua` configure."""
    sent = Sent()
    for log in logs:
        for sample in read_sent(log):
            if sample.node:
                if isinstance(sample.value, int | float) and sample.status == 0:
                    # A server's clock counts microseconds at best.
                    time_ns = sample.time_ns // 1000 * 1000
                    sent.add(
                        f"test/opcua/load/{sample.source}/{sample.node.partition('.')[2]}",
                        time_ns,
                        sample.value,
                    )
                continue
            document = json.loads(str(sample.value))
            _, machine, group = sample.source.split("/")
            for name in ("v0", "v1", "v2", "v3"):
                path = f"test/mqtt/{machine}/{group}/{name}"
                sent.add(path, document["ts"] * 1_000_000, document[name])
                sent.payloads[Key(path, document["ts"] * 1_000_000)] = (
                    sample.source,
                    str(sample.value).encode(),
                )
    return sent


def bits(value: float) -> bytes:
    """Return a float64's bits, which tell -0.0 from 0.0."""
    return struct.pack("<d", value)


def is_good_code(code: int) -> bool:
    """Return whether a status code is good."""
    return code >> 30 == 0


def _rows(batch: SampleBatch, paths: Sequence[str]) -> list[tuple[Key, bytes, bool]]:
    columns = zip(
        batch.signal.tolist(),
        batch.source_ns.tolist(),
        batch.value.tolist(),
        is_good(batch.quality).tolist(),
        strict=True,
    )
    return [
        (Key(paths[signal], time_ns), bits(value), good) for signal, time_ns, value, good in columns
    ]
