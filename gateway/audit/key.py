"""The secret of this installation, from which the audit and the access desk derive theirs."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError, StorageError

KEY_BYTES: Final = 32


class InstallKey:
    """Derives a key for each purpose; its own text never shows it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES or len(set(secret)) < 8:
            msg = f"an installation key is {KEY_BYTES} random bytes"
            raise ConfigError(msg)
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose."""
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)

    @classmethod
    def load(cls, path: Path) -> InstallKey:
        """Return the key of a file; raises `ConfigError` where it is missing, damaged or others may read it."""
        try:
            mode = path.stat().st_mode
            secret = path.read_bytes()
        except FileNotFoundError as error:
            msg = f"{path} is missing: restore it from the backup, nothing else can read the audit"
            raise ConfigError(msg) from error
        except OSError as error:
            msg = f"{path}: {error.strerror}"
            raise StorageError(msg) from error
        if stat.S_IMODE(mode) & 0o077:
            msg = f"{path} can be read by others: chmod 600 it"
            raise ConfigError(msg)
        return cls(secret)

    @classmethod
    def create(cls, path: Path) -> InstallKey:
        """Return the key of a file, made at random where there is none; only its owner may read it."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link, unlike a rename, never takes the place of a key that is there.
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        except OSError as error:
            msg = f"{path}: {error.strerror}"
            raise StorageError(msg) from error
        return cls.load(path)
