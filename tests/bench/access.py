"""What access costs: a request without and with sign-in, an audit entry, and a flood of guesses.

`python -m tests.bench.access` takes about 15 s; numbers are of one process on this machine.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx

from gateway.access.port import Identity
from gateway.access.rights import Grant, Right, Role
from gateway.audit.port import Entry
from tests.peers.access import LONG, House, house

_COUNT: Final = 300
_FLOOD: Final = 2000
_SIGN_INS: Final = 100
_ENTRY: Final = Entry(actor="t", kind="person", action="measure", target="issue 1")


async def each_ms(work: Callable[[], Awaitable[object]], count: int = _COUNT) -> dict[str, float]:
    """Return the median and 99th percentile of one piece of work, in milliseconds."""
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - start) * 1e3)
    taken.sort()
    return {"p50_ms": round(taken[count // 2], 3), "p99_ms": round(taken[count * 99 // 100], 3)}


async def sign_ins_per_s(home: House) -> float:
    """Sign sixteen people in, eight at a time, and count."""
    gate = asyncio.Semaphore(8)
    for n in range(16):
        await home.person(f"p{n}", Grant(Role.OPERATOR))

    async def one(n: int) -> None:
        # Of one user no more than five at a time are compared.
        body = {"name": f"p{n % 16}", "password": LONG}
        transport = httpx.ASGITransport(home.app, client=(f"10.1.{n}.1", 1))
        async with (
            gate,
            httpx.AsyncClient(
                transport=transport, base_url="http://localhost", verify=False
            ) as client,
        ):
            answer = await client.post("/api/v1/session", json=body)
            assert answer.status_code == 200, answer.text

    start = time.perf_counter()
    await asyncio.gather(*(one(n) for n in range(_SIGN_INS)))
    return round(_SIGN_INS / (time.perf_counter() - start), 1)


async def flood(home: House) -> dict[str, float]:
    """Guess names and passwords from many addresses as fast as the desk answers."""
    gc.collect()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, statuses = time.perf_counter(), dict.fromkeys((401, 429, 503), 0)
    gate = asyncio.Semaphore(200)

    async def guess(n: int) -> None:
        body = {"name": f"user{n % 50}", "password": "wrong"}
        transport = httpx.ASGITransport(home.app, client=(f"10.0.{n % 20}.1", 1))
        async with (
            gate,
            httpx.AsyncClient(
                transport=transport, base_url="http://localhost", verify=False
            ) as client,
        ):
            answer = await client.post("/api/v1/session", json=body)
            statuses[answer.status_code] += 1

    await asyncio.gather(*(guess(n) for n in range(_FLOOD)))
    taken_s = time.perf_counter() - start
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "answers_per_s": round(_FLOOD / taken_s),
        "compared": statuses[401],
        "refused": statuses[429] + statuses[503],
        "audit_entries": sum(entry.action == "sign_in" for entry in home.audit.entries),
        "memory_growth_mb": round((after_kb - before_kb) / 1024, 1),
    }


async def open_house(folder: Path) -> dict[str, object]:
    """Measure a request where nobody signs in."""
    async with house(folder, sign_in="off") as home, home.client() as client:
        return {"get_without_sign_in": await each_ms(lambda: client.get("/api/v1/plant"))}


async def guarded_house(folder: Path) -> dict[str, object]:
    """Measure requests, changes and sign-ins, then the flood."""
    note, body = {"text": "x"}, {"name": "root", "password": LONG}
    async with house(folder) as home, home.signed_in("root") as root, home.client() as client:
        found: dict[str, object] = {
            "get_with_session": await each_ms(lambda: root.get("/api/v1/plant")),
            "change_with_audit": await each_ms(
                lambda: root.post("/api/v1/issues/2/comments", json=note), 100
            ),
            "sign_in": await each_ms(lambda: client.post("/api/v1/session", json=body), 40),
            "sign_ins_per_s": await sign_ins_per_s(home),
            "audit_entry": await each_ms(lambda: home.office.audit.record(_ENTRY)),
            "rights_check_us": rights_check_us(),
        }
        home.audit.entries.clear()
        return found | {"flood": await flood(home)}


def rights_check_us() -> float:
    """Measure a right that none of five grants holds."""
    who = Identity(name="t", kind="person", grants=(Grant(Role.OPERATOR, "a/b"),) * 5)
    start = time.perf_counter()
    for _ in range(100_000):
        who.may(Right.ISSUE_APPROVE, "a/c/d")
    return round((time.perf_counter() - start) * 10, 2)


async def main() -> None:
    """Measure, and print one JSON document."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        found = await open_house(Path(one)) | await guarded_house(Path(two))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
