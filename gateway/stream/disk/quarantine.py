"""Where damaged bytes are kept for a person to look at."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson


class Quarantine:
    """A folder beside the journal; `remarks` says in sentences what was put there, `count` how many pieces."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "quarantine"
        self.remarks: list[str] = []
        self.count = 0

    def remark(self, sentence: str) -> None:
        """Add something a person should know; only the first hundred are kept."""
        if len(self.remarks) < 100:
            self.remarks.append(sentence)

    def put(self, row: Sequence[object], reason: str) -> None:
        """Keep one damaged row: a line of JSON with its values, bytes in hexadecimal."""
        self.directory.mkdir(parents=True, exist_ok=True)
        values = [v.hex() if isinstance(v, bytes) else v for v in row]
        path = self.directory / "rows.jsonl"
        with path.open("ab") as out:
            out.write(orjson.dumps({"reason": reason, "row": values}, default=str) + b"\n")
        self.count += 1
        self.remark(f"row {row[0]} was damaged and put into {path.name}: {reason}")

    def copy(self, path: Path, reason: str) -> None:
        """Keep a copy of a file."""
        folder = self._folder()
        shutil.copy2(path, folder / path.name)
        self.count += 1
        self.remark(f"{reason}; a copy is in {folder}")

    def move(self, paths: Iterable[Path], reason: str) -> Path:
        """Move the files that exist into a folder of their own, and return it."""
        folder = self._folder()
        for path in paths:
            if path.exists():
                path.rename(folder / path.name)
        self.count += 1
        self.remark(f"{reason}; the file was moved to {folder}")
        return folder

    def _folder(self) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        for number in range(1000):
            folder = self.directory / f"{stamp}-{number}"
            if not folder.exists():
                break
        folder.mkdir(parents=True)
        return folder
