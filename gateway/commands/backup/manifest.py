"""What a backup holds: each file with its size and SHA-256, and what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from gateway.errors import StorageError

NAME: Final = "taktline-backup.json"
FORMAT: Final = 1
PIECE: Final = 1 << 20
_LEFT_OUT: Final = frozenset({"exports", "quarantine", "spill"})
"""Folders that can be made again or that hold what is damaged."""
_LEFT_OUT_FILES: Final = ("taktline.lock", "owner.lock", "journal.ballast")


@dataclass(frozen=True, slots=True)
class Held:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The list of files, by their path below the data folder."""

    format: int
    made_ns: int
    version: str
    store: str
    """Where relational state is kept, without its password; "" where it is in the backup."""
    historian: str
    """Address of the historian's server; "" where history is in the backup."""
    files: Mapping[str, Held]

    def document(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()


def read(document: bytes) -> Manifest:
    """Return a manifest from its JSON; raises `StorageError` for what is none, or of another format."""
    try:
        raw: dict[str, Any] = json.loads(document)
        if raw["format"] != FORMAT:
            msg = f"the backup has format {raw['format']}, this version reads {FORMAT}"
            raise StorageError(msg)
        files = {
            inside(name): Held(int(each["size"]), str(each["sha256"]))
            for name, each in raw.pop("files").items()
        }
        return Manifest(files=files, **raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"the backup's list of files cannot be read: {error}"
        raise StorageError(msg) from error


def wanted(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file that belongs into a backup, by its name in it, in order."""
    for path in sorted(data_dir.rglob("*")):
        place = path.relative_to(data_dir)
        if path.is_symlink() or not path.is_file() or _LEFT_OUT & set(place.parts[:-1]):
            continue
        if place.name in _LEFT_OUT_FILES or place.name.endswith(("-shm", ".partial")):
            continue
        yield place.as_posix(), path


def digest(source: IO[bytes], target: IO[bytes] | None = None) -> Held:
    """Read a file to its end, copying it where a target is given; return its size and sum."""
    total, sha256 = 0, hashlib.sha256()
    while piece := source.read(PIECE):
        total += len(piece)
        sha256.update(piece)
        if target is not None:
            target.write(piece)
    return Held(total, sha256.hexdigest())


def inside(name: str) -> str:
    """Return a file's name below the data folder; raises `ValueError` where it would lie outside."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\x00" in name:
        raise ValueError(f"{name!r} lies outside the data folder")
    return path.as_posix()
