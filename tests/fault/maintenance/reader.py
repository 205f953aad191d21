"""The process that is killed: a meter read hour by hour, each reading from where the kept one stands."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import Connection

from gateway.clock import NS_PER_S
from gateway.maintenance import meters
from gateway.maintenance.options import HoursOptions
from gateway.store import Store

MACHINE = "demo/packaging/l1/filler"
HOURS = 24
HOUR_NS = 3600 * NS_PER_S
TRIGGER = HoursOptions.model_validate(
    {"type": "running_hours", "title": "Grease", "machines": [MACHINE], "every_h": 5}
)


def read(connection: Connection) -> bool:
    """Take one more hour of running; False once all were taken."""
    stands_ns = meters.meter(connection, "grease", MACHINE, 0).as_of_ns
    if stands_ns >= HOURS * HOUR_NS:
        return False
    after_ns = stands_ns + HOUR_NS
    meters.count(
        connection, "grease", TRIGGER, machine=MACHINE, before_ns=stands_ns, as_of_ns=after_ns,
        added=1.0, now_ns=after_ns,
    )  # fmt: skip
    return True


async def run(url: str) -> None:
    store = await Store.open(url)
    while await store.run(read):
        print("read", flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
