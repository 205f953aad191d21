"""Faults that no real server produces on demand: skipped messages, garbage, silence, too many requests."""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asyncua import ua

from connectors.opcua.buffer import RowBuffer
from connectors.opcua.faults import Troubles
from connectors.opcua.link import Link
from connectors.opcua.options import OpcUaOptions
from connectors.opcua.receiver import Receiver
from connectors.opcua.rows import RowMaker
from connectors.opcua.wire.transport import RawClient
from gateway.clock import NS_PER_S, ManualClock
from gateway.errors import NotConnectedError
from tests.peers.opcua_driver import MemoryCatalogue
from tests.peers.opcua_wire import Item, notification, publish_response, status_error

EPOCH = 116_444_736_000_000_000
START_NS = 1_767_225_600 * NS_PER_S
GARBAGE = struct.pack("<i", 3) + b"\xff" * 40


def value(number: float, at_s: float, handle: int = 0) -> bytes:
    ticks = int(START_NS + at_s * NS_PER_S) // 100 + EPOCH
    return notification([Item(handle, ua.Variant(number, ua.VariantType.Double), source=ticks)])


def republish_response(body: bytes, sequence: int) -> bytes:
    head = struct.pack("<BBHqIIBiBBB", 1, 0, 835, 1, 1, 0, 0, -1, 0, 0, 0)
    head += struct.pack("<Iqi", sequence, 1, 1) + struct.pack("<BBHBi", 1, 0, 811, 1, len(body))
    return head + body


class FakeSession:
    """A server by hand: `answers` are given to publish requests, in order; `kept` to republish requests."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self.kept: dict[int, bytes] = {}
        self.acknowledged: list[tuple[int, int]] = []
        self.asked = self.reads = 0
        self.late = False

    async def publish_raw(self, acknowledgements: Iterable[tuple[int, int]]) -> bytes:
        self.acknowledged += acknowledgements
        self.asked += 1
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def republish_raw(self, _subscription: int, sequence: int) -> bytes:
        if sequence not in self.kept:
            raise status_error("BadMessageNotAvailable")
        return republish_response(self.kept[sequence], sequence)

    async def create_subscription(self, *_: object) -> ua.CreateSubscriptionResult:
        return ua.CreateSubscriptionResult(SubscriptionId=ua.UInt32(7))

    async def create_monitored_items(self, params: Any) -> list[ua.MonitoredItemCreateResult]:
        return [
            ua.MonitoredItemCreateResult(
                MonitoredItemId=ua.UInt32(n + 1), RevisedQueueSize=ua.UInt32(1000)
            )
            for n, _ in enumerate(params.ItemsToCreate)
        ]

    async def read_attributes(self, nodes: list[ua.NodeId], _: object) -> list[ua.DataValue]:
        self.reads += 1
        if self.late:
            raise TimeoutError
        return [ua.DataValue(ua.Variant(2)) for _ in nodes]


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock(start_ns=START_NS)
        self.session = FakeSession()
        options = OpcUaOptions.model_validate(
            {
                "endpoint": "opc.tcp://h:1",
                "security": "none",
                "silent_s": 4,
                "publish_requests": 2,
                "nodes": [{"node": f"nsu=urn:a;i={n}", "signal": f"a/b/c/d/s{n}"} for n in (1, 2)],
            }
        )
        signals = MemoryCatalogue().register([n.to_signal(n.signal) for n in options.nodes])
        self.buffer = RowBuffer(1000)
        self.receiver = Receiver(
            name="t",
            nodes=2,
            maker=RowMaker(options.nodes, signals, START_NS),
            buffer=self.buffer,
            troubles=Troubles(options.nodes),
            clock=self.clock,
        )

        async def namespaces() -> list[str]:
            return ["http://opcfoundation.org/UA/", "urn:a"]

        async def end() -> None:
            return

        client = SimpleNamespace(
            raw=SimpleNamespace(raw_session=self.session), get_namespace_array=namespaces, end=end
        )
        self.link = Link(
            client=cast("RawClient", client),
            options=options,
            receiver=self.receiver,
            clock=self.clock,
            wake=self.buffer.ready,
        )
        self.values: list[float] = []
        self.losses: list[tuple[int, int, int]] = []
        self.letters: list[bytes] = []

    async def answer(self, *answers: bytes | Exception) -> None:
        for answer in answers:
            self.session.answers.put_nowait(answer)
        for _ in range(30):
            await asyncio.sleep(0)
        intake = self.buffer.take()
        if intake is not None:
            self.values += intake.batch.value.tolist()
            self.losses += [
                (x.signal, x.start_ns - START_NS, x.end_ns - START_NS) for x in intake.losses
            ]
            self.letters += [x.payload for x in intake.dead_letters]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    made = Rig()
    await made.link.open()
    yield made
    await made.link.close()


def message(sequence: int, body: bytes, available: Iterable[int] = ()) -> bytes:
    return publish_response([body], sequence=sequence, available=list(available))


async def test_requests_are_kept_outstanding_and_messages_acknowledged(rig: Rig) -> None:
    assert rig.session.asked == 2
    await rig.answer(
        message(1, value(1.0, 1)), message(2, value(2.0, 2)), message(3, value(3.0, 3))
    )
    assert rig.values == [1.0, 2.0, 3.0]
    assert rig.session.asked == 5
    await rig.answer(publish_response([], sequence=4))
    assert sorted(rig.session.acknowledged) == [(7, 1), (7, 2), (7, 3)]
    assert rig.losses == []
    assert rig.link.failure is None


async def test_a_skipped_message_is_asked_for_again(rig: Rig) -> None:
    rig.session.kept[2] = value(2.0, 2)
    await rig.answer(message(1, value(1.0, 1)), message(3, value(3.0, 3), available=[2, 3]))
    assert sorted(rig.values) == [1.0, 2.0, 3.0]
    assert rig.losses == []
    assert rig.link.figures()["republished_messages"] == 1


@pytest.mark.parametrize("available", [[], [2]])
async def test_a_message_that_is_gone_is_a_loss_of_every_signal(
    rig: Rig, available: list[int]
) -> None:
    await rig.answer(message(1, value(1.0, 1)))
    await rig.clock.advance(3)
    await rig.answer(message(3, value(3.0, 3), available=available))
    assert rig.values == [1.0, 3.0]
    assert rig.losses == [(0, NS_PER_S, 3 * NS_PER_S), (1, 0, 3 * NS_PER_S)]
    assert rig.receiver.figures()["lost_messages"] == 1


async def test_a_keepalive_tells_of_a_skipped_message_too(rig: Rig) -> None:
    await rig.answer(message(1, value(1.0, 1)), publish_response([], sequence=4))
    assert len(rig.losses) == 2
    await rig.answer(message(4, value(4.0, 4)))
    assert rig.values == [1.0, 4.0]
    assert len(rig.losses) == 2


async def test_sequence_numbers_wrap_without_a_loss(rig: Rig) -> None:
    await rig.answer(message(2**32 - 1, value(1.0, 1)), message(1, value(2.0, 2)))
    assert rig.losses == []
    assert rig.values == [1.0, 2.0]


async def test_a_garbled_notification_is_buried_and_declared(rig: Rig) -> None:
    await rig.answer(message(1, value(1.0, 1)), message(2, GARBAGE), message(3, value(3.0, 3)))
    assert rig.values == [1.0, 3.0]
    assert rig.letters == [GARBAGE]
    assert [loss[0] for loss in rig.losses] == [0, 1]
    assert rig.link.failure is None


async def test_a_layout_that_only_the_library_reads_is_kept(rig: Rig) -> None:
    body = bytearray(value(2.0, 2))
    body[8] |= 0x80  # a reserved bit of the item's mask
    await rig.answer(message(1, value(1.0, 1)), message(2, bytes(body)))
    assert rig.values == [1.0, 2.0]
    assert (rig.letters, rig.losses) == ([], [])
    assert rig.receiver.figures()["notifications_by_library"] == 1


async def test_a_slow_library_gets_a_tenth_of_the_time_and_the_rest_is_declared(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytearray(value(2.0, 2))
    body[8] |= 0x80
    moments = itertools.count()
    monkeypatch.setattr(rig.clock, "monotonic_s", lambda: next(moments) * 0.01)
    await rig.answer(message(1, bytes(body)), message(2, bytes(body)))
    assert len(rig.values) == 1
    assert rig.letters == [bytes(body)]
    assert [loss[0] for loss in rig.losses] == [0, 1]


async def test_a_garbled_frame_ends_the_connection(rig: Rig) -> None:
    await rig.answer(b"\x01\x00\x3d\x03" + b"\xff" * 20)
    assert isinstance(rig.link.failure, NotConnectedError)


@pytest.mark.parametrize(
    "code",
    ["BadSessionIdInvalid", "BadSessionClosed", "BadNoSubscription", "BadSubscriptionIdInvalid",
     "BadSecureChannelIdInvalid", "BadTooManyPublishRequests"],
)  # fmt: skip
async def test_an_error_of_the_session_ends_the_connection(rig: Rig, code: str) -> None:
    error = status_error(code)
    await rig.answer(error, error)
    assert isinstance(rig.link.failure, NotConnectedError)
    assert code in str(rig.link.failure)


async def test_a_server_that_wants_fewer_requests_gets_fewer(rig: Rig) -> None:
    await rig.answer(status_error("BadTooManyPublishRequests"))
    assert rig.link.failure is None
    await rig.answer(message(1, value(1.0, 1)))
    assert rig.values == [1.0]
    assert rig.link.figures()["outstanding_publish_requests"] == 1


async def test_timed_out_requests_are_made_again_but_not_for_ever(rig: Rig) -> None:
    error = status_error("BadTimeout")
    await rig.answer(error, error, message(1, value(1.0, 1)))
    assert rig.values == [1.0]
    await rig.answer(*[error] * 20)
    assert isinstance(rig.link.failure, NotConnectedError)


async def test_a_subscription_that_timed_out_ends_the_connection(rig: Rig) -> None:
    await rig.answer(publish_response([struct.pack("<IB", 0x800A0000, 0)], kind=820))
    assert "subscription ended" in str(rig.link.failure)


async def test_silence_ends_the_connection(rig: Rig) -> None:
    await rig.clock.advance(3)
    await rig.answer(publish_response([], sequence=1))
    await rig.clock.advance(3.5)
    assert rig.link.failure is None
    await rig.clock.advance(1.6)
    assert "no publish answer" in str(rig.link.failure)


async def test_a_look_for_missing_nodes_that_is_late_ends_nothing_while_data_flows(
    rig: Rig,
) -> None:
    rig.session.late = True
    for n in range(1, 5):
        await rig.clock.advance(3)
        await rig.answer(message(n, value(float(n), n)))
    assert rig.session.reads == 1
    assert rig.link.failure is None
    await rig.clock.advance(3.9)
    await rig.clock.advance(3.9)
    assert rig.link.failure is not None


async def test_a_server_whose_clock_stands_still_is_left(rig: Rig) -> None:
    await rig.answer(message(1, value(0.0, 0, handle=2)))
    for _ in range(4):
        await rig.clock.advance(3)
        await rig.answer(publish_response([], sequence=2))
    assert rig.link.failure is None
    await rig.clock.advance(2)
    assert "clock stands still" in str(rig.link.failure)


async def test_rows_of_unknown_handles_are_counted_not_guessed(rig: Rig) -> None:
    await rig.answer(message(1, value(5.0, 1, handle=99)))
    assert rig.values == []
    assert rig.receiver.unknown == 1
