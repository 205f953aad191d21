"""Bisection: the wrong lines out, the rest stored, few requests."""

from __future__ import annotations

import math

import pytest

from gateway.historian.wire.deliver import Delivery
from gateway.historian.wire.http import UnusableError


class Server:
    """Refuses bodies with a line in `wrong`, or with more lines than `most`."""

    def __init__(self, wrong: set[int], *, most: int = 10**9) -> None:
        self.wrong = wrong
        self.most = most
        self.stored: set[int] = set()
        self.requests = 0

    def send(self, body: bytes) -> None:
        self.requests += 1
        lines = set(map(int, body.split(b"\n")))
        if len(lines) > self.most:
            raise UnusableError("413", too_large=True)
        if lines & self.wrong:
            raise UnusableError("400 wrong", too_large=False)
        self.stored |= lines


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 16, 33, 100])
def test_one_wrong_line_wherever_it_stands(n: int) -> None:
    for wrong in range(n):
        server = Server({wrong})
        delivery = Delivery(server.send, rows_per_request=n)
        assert delivery.deliver([str(row).encode() for row in range(n)]) == [(wrong, "400 wrong")]
        assert server.stored == set(range(n)) - {wrong}
        assert server.requests <= 2 * math.log2(n) + 2


def test_several_wrong_lines_over_several_requests() -> None:
    wrong = {0, 1, 40, 77, 78, 99}
    server = Server(wrong)
    found = Delivery(server.send, rows_per_request=30).deliver(
        [str(row).encode() for row in range(100)]
    )
    assert {place for place, _ in found} == wrong
    assert server.stored == set(range(100)) - wrong


def test_too_large_requests_are_halved_and_stay_small() -> None:
    server = Server(set(), most=10)
    delivery = Delivery(server.send, rows_per_request=64)
    lines = [str(row).encode() for row in range(128)]
    assert delivery.deliver(lines) == []
    assert server.stored == set(range(128))
    assert delivery.rows_per_request <= 10
    server.requests = 0
    delivery.deliver(lines)
    assert server.requests == 16, "the server is not asked again what it refused"


def test_a_single_line_too_large_is_wrong() -> None:
    server = Server(set(), most=0)
    assert Delivery(server.send, rows_per_request=5).deliver([b"1", b"2"]) == [
        (0, "413"),
        (1, "413"),
    ]


def test_other_failures_pass_through() -> None:
    def send(body: bytes) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Delivery(send, rows_per_request=5).deliver([b"1"])
