"""What must come back from somebody who has not signed in yet: sealed, for minutes, good once.

It is handed out and not kept, so that asking for a million fills nothing here; only what was used is remembered,
until it would have run out anyway.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken

from gateway.access.secrets import digest
from gateway.audit.key import InstallKey
from gateway.clock import NS_PER_S, Clock

MAX_SEALED: Final = 4096
_REMEMBERED: Final = 10_000


class Flows:
    """Seals facts for one purpose; what was sealed for another, or changed, or is old, opens to nothing."""

    def __init__(self, key: InstallKey, *, purpose: str, clock: Clock, good_s: int) -> None:
        self._cipher = Fernet(base64.urlsafe_b64encode(key.derive(purpose)))
        self._clock = clock
        self._good_s = good_s
        self._spent: OrderedDict[str, float] = OrderedDict()

    def seal(self, facts: Mapping[str, str]) -> str:
        """Return facts as text that only this installation can read or make."""
        return self._cipher.encrypt_at_time(orjson.dumps(dict(facts)), self._now_s()).decode()

    def open(self, sealed: str) -> dict[str, str] | None:
        """Return what was sealed, or None where it is not ours, has run out, or was spent."""
        if len(sealed) > MAX_SEALED or digest(sealed) in self._spent:
            return None
        try:
            facts = self._cipher.decrypt_at_time(
                sealed.encode(errors="replace"), self._good_s, self._now_s()
            )
        except InvalidToken:
            return None
        found: dict[str, str] = orjson.loads(facts)
        return found

    def spend(self, sealed: str) -> bool:
        """Take a sealed text out of use; False where somebody was first."""
        held, now_s = digest(sealed), self._clock.monotonic_s()
        while self._spent and now_s - next(iter(self._spent.values())) > self._good_s + 60:
            self._spent.popitem(last=False)
        if held in self._spent:
            return False
        self._spent[held] = now_s
        while len(self._spent) > _REMEMBERED:
            self._spent.popitem(last=False)
        return True

    def _now_s(self) -> int:
        return self._clock.now_ns() // NS_PER_S
