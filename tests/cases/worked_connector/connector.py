"""A weighing scale as a source of samples: each line is `2026-01-01T08:00:00Z;12.502`, a time and a weight."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from connectors.payload import PayloadError
from connectors.payload.timestamps import iso8601_ns
from connectors.payload.values import to_number
from gateway.clock import Clock
from gateway.errors import NotConnectedError
from gateway.model import DeadLetter, Intake, SampleBatch
from gateway.ports import Catalogue, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource
from tests.cases.worked_connector.options import ScaleOptions


class ScaleConnector:
    """Reads one scale. It has no memory and takes no acknowledgement: what it sends while we are away is lost."""

    kind = "scale"

    def __init__(
        self, *, name: str, options: ScaleOptions, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.name = name
        self.target = f"tcp://{options.host}:{options.port}"
        self._options = options
        self._catalogue = catalogue
        self._clock = clock
        self._signals: list[int] = []
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._rest = b""

    async def connect(self) -> Session:
        """Make one attempt; the supervisor bounds it and tries again."""
        await self.close()
        signal = self._options.signal
        self._signals = self._catalogue.register([signal.to_signal(signal.path)]).tolist()
        try:
            self._reader, self._writer = await asyncio.open_connection(
                self._options.host, self._options.port
            )
        except OSError as error:
            raise NotConnectedError(f"{self.target}: {error}") from error
        return Session(resumed=False)

    async def read(self) -> Intake:
        """Return the lines that have arrived; the one await comes before anything is taken."""
        if self._reader is None:
            raise NotConnectedError(f"{self.target}: not connected")
        try:
            chunk = await self._reader.read(65_536)
        except OSError as error:
            raise NotConnectedError(f"{self.target}: {error}") from error
        if not chunk:
            raise NotConnectedError(f"{self.target}: the scale ended the connection")
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > self._options.max_line_bytes:
            raise NotConnectedError(f"{self.target}: what arrives are not the lines of a scale")
        return self._intake(lines)

    async def acknowledge(self, receipt: object) -> None:
        """Do nothing: the scale's protocol has no acknowledgement."""

    async def close(self) -> None:
        """End the connection, whatever state it is in."""
        writer, self._writer, self._reader, self._rest = self._writer, None, None, b""
        if writer is not None:
            writer.close()
            # A connection that the scale has broken is closed as well.
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def signals(self) -> Sequence[int]:
        """Return the one index this connector feeds."""
        return self._signals

    def figures(self) -> ConnectorFigures:
        """Return its own counts: it has no queue of its own, TCP holds what is not read."""
        return ConnectorFigures()

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return nothing: there is one source, and the connection says how it does."""
        return ()

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return nothing: a scale sends its weight only."""
        return ()

    def _intake(self, lines: Sequence[bytes]) -> Intake:
        received_ns = self._clock.now_ns()
        times: list[int] = []
        weights: list[float] = []
        letters: list[DeadLetter] = []
        for line in lines:
            try:
                time_ns, weight = parse(line)
            except PayloadError as error:
                letters.append(self._dead_letter(line, str(error), received_ns))
                continue
            times.append(time_ns)
            weights.append(weight)
        batch = SampleBatch.of(
            signal=self._signals * len(times),
            source_ns=times,
            value=weights,
            received_ns=received_ns,
        )
        return Intake(batch=batch, dead_letters=tuple(letters))

    def _dead_letter(self, line: bytes, reason: str, time_ns: int) -> DeadLetter:
        return DeadLetter(
            time_ns=time_ns,
            connector=self.name,
            source=self.target,
            reason=reason,
            payload=line,
            payload_size=len(line),
        )


def parse(line: bytes) -> tuple[int, float]:
    """Return time in UTC ns and weight; raises `PayloadError` with the reason."""
    text = line.decode(errors="replace").strip()
    time_text, mark, weight_text = text.partition(";")
    if not mark:
        raise PayloadError("a line without ';' between time and weight")
    return iso8601_ns(time_text, zone=None), to_number(weight_text)
