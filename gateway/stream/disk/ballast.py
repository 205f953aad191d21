"""A file that is only there to be given up."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class Ballast:
    """Space kept on disk, so that on a full one the cursors of consumers can still be written."""

    def __init__(self, path: Path, *, size_bytes: int) -> None:
        self._path = path
        self._size = size_bytes

    def take(self) -> bool:
        """Occupy the space; return whether it is there now."""
        if self._size == 0:
            return True
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Free the space."""
        # What cannot be removed frees nothing, and the next commit is refused for the disk's own reason.
        with suppress(OSError):
            self._path.unlink()
