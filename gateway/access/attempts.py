"""Slows down guessing: failures are counted by user and by address, before the password is compared."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from gateway.clock import Clock
from gateway.errors import BackOffError

USER_FAILURES: Final = 5
ADDRESS_FAILURES: Final = 20
FIRST_LOCK_S: Final = 30.0
LONGEST_LOCK_S: Final = 900.0
_FORGET_S: Final = 3600.0
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Count:
    failures: int = 0
    last_s: float = 0.0
    locked_until_s: float = 0.0


def network_of(address: str) -> str:
    """Return what stands for an address: of IPv6 the /64, which one host may hold all of."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))


class Attempts:
    """What may be tried now. Remembers the 10,000 newest users and addresses; the oldest go first, counted.

    From the fifth failure of a user and the twentieth of an address, each further one doubles the wait.
    """

    def __init__(self, clock: Clock) -> None:
        self.refused = 0
        self.forgotten = 0
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def admit(self, *, user: str, address: str) -> None:
        """Count one try as failed until `succeeded` says otherwise; raises `BackOffError` while locked."""
        now_s = self._clock.monotonic_s()
        keys = self._keys(user, address)
        wait_s = max(self._count(key, now_s).locked_until_s - now_s for key, _ in keys)
        if wait_s > 0:
            self.refused += 1
            msg = f"too many failed sign-ins; try again in {round(wait_s) + 1} s"
            raise BackOffError(msg, wait_s=wait_s)
        for key, free in keys:
            count = self._count(key, now_s)
            count.failures += 1
            count.last_s = now_s
            over = count.failures - free
            if over >= 0:
                # The exponent is bounded, as the wait is.
                count.locked_until_s = now_s + min(
                    LONGEST_LOCK_S, FIRST_LOCK_S * 2.0 ** min(over, 10)
                )

    def succeeded(self, *, user: str, address: str) -> None:
        """Take back what `admit` counted, and forget the user's failures."""
        by_user, by_address = (key for key, _ in self._keys(user, address))
        self._counts.pop(by_user, None)
        count = self._counts.get(by_address)
        if count is not None:
            count.failures -= 1
            if count.failures < ADDRESS_FAILURES:
                count.locked_until_s = 0.0

    def locked(self, *, user: str, address: str) -> bool:
        """Say whether the next try will be refused."""
        now_s = self._clock.monotonic_s()
        found = (self._counts.get(key) for key, _ in self._keys(user, address))
        return any(count is not None and count.locked_until_s > now_s for count in found)

    def __len__(self) -> int:
        """Return how many users and addresses are remembered."""
        return len(self._counts)

    def _keys(self, user: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return (("user", user[:64]), USER_FAILURES), (
            ("address", network_of(address)),
            ADDRESS_FAILURES,
        )

    def _count(self, key: tuple[str, str], now_s: float) -> _Count:
        count = self._counts.setdefault(key, _Count())
        self._counts.move_to_end(key)
        if now_s - count.last_s > _FORGET_S:
            count.failures = 0
        while len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
            self.forgotten += 1
        return count
