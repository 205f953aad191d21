"""Passwords: what is accepted, and how they are kept (argon2id, OWASP's parameters)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import BackOffError, InvalidRequestError

T = TypeVar("T")

MIN_LENGTH: Final = 15
MAX_LENGTH: Final = 128
_WORKERS: Final = 2
_WAITING: Final = 32
_MEMORY_KIB: Final = 19 * 1024


class Match(Enum):
    """What became of a comparison."""

    NO = "no"
    YES = "yes"
    YES_BUT_OLD = "yes, hashed with older parameters"


def check_password(password: str, *, user: str) -> None:
    """Raise `InvalidRequestError` with what would be right."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        msg = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters; a sentence is easy to keep"
        raise InvalidRequestError(msg)
    plain = password.casefold()
    if len(set(plain)) < 6 or _repeats(plain):
        msg = "a password must not be one short piece again and again"
        raise InvalidRequestError(msg)
    if len(user) >= 4 and user.casefold() in plain:
        msg = "a password must not hold the user's name"
        raise InvalidRequestError(msg)


def _repeats(text: str) -> bool:
    return text in (text + text)[1:-1]


class Passwords:
    """Hashes and compares beside the event loop, at most two at a time: 19 MiB each.

    `refused` counts those that found too many waiting.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return what is kept of a password; raises `BackOffError` where too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, kept: str, password: str) -> Match:
        """Compare; takes as long where nothing is kept. Raises `BackOffError` where too many wait."""
        return await self._run(lambda: self._compare(kept, password))

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(wait=False)

    def _compare(self, kept: str, password: str) -> Match:
        try:
            self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Match.NO
        if not kept:
            return Match.NO
        return Match.YES_BUT_OLD if self._hasher.check_needs_rehash(kept) else Match.YES

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _WAITING:
            self.refused += 1
            msg = "too many people sign in at once; try again in a moment"
            raise BackOffError(msg, wait_s=2.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
