"""The truth for loss tests: every sample that really left the plant, one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from simulators.plant.faults import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One sample sent: `source` is a machine or an MQTT topic, `time_ns` the UTC source time.

    `value` is the OPC UA value, or the payload's text over MQTT; None where the status is bad.
    """

    source: str
    node: str
    time_ns: int
    value: Value | None
    status: int = 0


class SentLog:
    """Appends to a file, and flushes to the operating system once a `write`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, *samples: Sent) -> None:
        """Append samples in the order given."""
        lines = (
            json.dumps(
                {
                    "source": sample.source,
                    "node": sample.node,
                    "time_ns": sample.time_ns,
                    "value": sample.value,
                    "status": sample.status,
                },
                ensure_ascii=False,
            )
            for sample in samples
        )
        self._file.write("".join(line + "\n" for line in lines))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_sent(path: Path) -> list[Sent]:
    """Read a log back; a torn last line, as a kill leaves it, is not counted as sent."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    rows = (json.loads(line) for line in whole.splitlines())
    return [
        Sent(
            source=row["source"],
            node=row["node"],
            time_ns=row["time_ns"],
            value=tuple(row["value"]) if isinstance(row["value"], list) else row["value"],
            status=row["status"],
        )
        for row in rows
    ]
