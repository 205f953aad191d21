"""A gateway as small as can be, for tests that kill it: reads, writes rows to a file with fsync, acknowledges; slow to commit."""

import asyncio
import os
import sys
from pathlib import Path

from tests.peers.mqtt_driver import driver


async def main(port: int, journal: Path, options: dict) -> None:
    gateway = driver(port, **options)
    await gateway.connector.connect()
    with journal.open("a") as file:
        while True:
            receipt = await gateway.take()
            await asyncio.sleep(0.05)
            file.writelines(
                f"{path} {time_ns} {value}\n" for path, time_ns, value, _ in gateway.rows
            )
            gateway.rows.clear()
            file.flush()
            os.fsync(file.fileno())
            await gateway.connector.acknowledge(receipt)


if __name__ == "__main__":
    mapping = {
        "topic": "p/{m}/t",
        "qos": int(sys.argv[3]),
        "timestamp": {"path": "ts", "format": "epoch_ms"},
        "signals": [{"path": "n", "signal": "s/a/l/{m}/n"}],
    }
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), {"mappings": [mapping]}))
