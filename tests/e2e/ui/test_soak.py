"""The page left open: pages turned and the feed cut for minutes, with nothing kept. Run by `make soak`."""

from __future__ import annotations

import pytest

from tests.e2e.soak import Count, soak, verdict

pytestmark = [pytest.mark.peer, pytest.mark.e2e]


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("built")
def test_heap_nodes_and_listeners_stay_constant() -> None:
    assert verdict(soak(3)) == ""


def test_what_grows_is_named() -> None:
    def counts(heap: int, nodes: int, listeners: int) -> list[Count]:
        return [
            Count(heap=5_000_000 + i * heap, nodes=900 + i * nodes, listeners=80 + i * listeners)
            for i in range(9)
        ]

    assert verdict(counts(20_000, 0, 0)) == ""
    assert verdict(counts(60_000, 0, 0)).startswith("heap grew by")
    assert verdict(counts(0, 10, 1)) == (
        "nodes grew by 20 more than allowed, listeners grew by 4 more than allowed"
    )
