"""A call that hangs is left behind; one that ends gives what it gave."""

import asyncio
import threading

import pytest

from gateway.historian.wire.detached import detached


async def test_results_and_errors_come_back():
    assert await detached(lambda: 42) == 42
    with pytest.raises(OSError, match="gone"):
        await detached(lambda: (_ for _ in ()).throw(OSError("gone")))


def test_the_loop_ends_without_a_call_that_hangs():
    gate = threading.Event()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(detached(gate.wait), 0.05)

    asyncio.run(give_up())
    (left,) = (thread for thread in threading.enumerate() if thread.name == "historian-call")
    assert left.daemon
    gate.set()
    left.join(5)
    assert not left.is_alive()
