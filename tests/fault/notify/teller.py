"""The process that is killed: it opens an issue where there is none, and tells it by mail and webhook."""

from __future__ import annotations

import asyncio
import sys

from gateway.clock import SystemClock
from gateway.store import Store
from tests.peers.notify import SECRET, bench


async def run(url: str, mail: str, hook: str) -> None:
    store = await Store.open(url)
    options = {
        "allowed_hosts": ["127.0.0.1"],
        "channels": {
            "mail": {
                "type": "mail",
                "host": "127.0.0.1",
                "port": mail,
                "security": "none",
                "sender": "taktline@demo.example",
            },
            "mes": {"type": "webhook", "url": hook, "secret": SECRET},
        },
        "people": {"anna": {"mail": "anna@demo.example"}},
        "teams": {"l1": {"members": ["anna"], "channels": ["mes"]}},
    }
    desk = await bench(store, SystemClock(), options)
    if desk.issues.revision == 0:
        await desk.raised()
    await desk.settle()
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:4]))
