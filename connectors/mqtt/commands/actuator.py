"""The way to the machines behind one broker: one message an order, and what they answer in time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from connectors.mqtt.commands.messages import CommandTopic, Replies
from connectors.mqtt.commands.options import MAX_WAIT_S, PublishOptions
from connectors.mqtt.commands.waiting import Answers
from connectors.mqtt.link import Link
from gateway.actuator import Order
from gateway.clock import NS_PER_S, Clock
from gateway.command import Present
from gateway.errors import NotSentError, UnansweredError


class MqttActuator:
    """Implements `Actuator`. Nothing can be asked of a machine: what its topics show must do for the read-back."""

    def __init__(
        self,
        commands: Sequence[PublishOptions],
        *,
        answers: Answers,
        link: Callable[[], Link | None],
        clock: Clock,
    ) -> None:
        self._answers = answers
        self._link = link
        self._clock = clock
        self._topics = {
            value.signal: topic
            for topic in map(CommandTopic, commands)
            for value in topic.options.values
        }

    def writes(self) -> Collection[str]:
        """Return the signals that a command topic sets."""
        return self._topics.keys()

    def reads(self) -> Collection[str]:
        """Return nothing: MQTT asks no machine for a value."""
        return ()

    async def ask(self, paths: Sequence[str]) -> Mapping[str, Present]:
        """Return that nobody can be asked."""
        return dict.fromkeys(paths, Present(value=None, problem="cannot be asked for over MQTT"))

    async def check(self, order: Order) -> None:
        """Build the message and throw it away; raises `CommandRefusedError` or `NotSentError`."""
        self._built(order)

    async def carry_out(self, order: Order) -> str:
        """Publish it once, and return what the machine answered, or that the broker took it."""
        topic, payload = self._built(order)
        link = self._now(topic)
        left_s = (order.expires_ns - self._clock.now_ns()) / NS_PER_S
        if left_s <= 0:
            raise NotSentError("the selection ran out")
        reply = topic.options.reply
        with self._answers.expected(order.id) as answer:
            taken = link.publish(
                topic.options.topic,
                payload,
                expires_s=math.ceil(left_s),
                answer_to=None if reply is None else (reply.topic, order.id.encode()),
            )
            try:
                if reply is None:
                    async with asyncio.timeout(MAX_WAIT_S):
                        await taken
                    return "the broker took it"
                async with asyncio.timeout(reply.within_s):
                    document = await _first(answer, taken)
            except TimeoutError:
                raise UnansweredError("no answer in time") from None
            finally:
                _settle(taken)
        return Replies(reply).outcome(document)

    def _built(self, order: Order) -> tuple[CommandTopic, bytes]:
        topics = {id(topic): topic for path in order.values if (topic := self._topics.get(path))}
        if len(topics) != 1:
            raise NotSentError("its values do not go out in one message: put them under one topic")
        (topic,) = topics.values()
        odd = sorted(set(order.values) - topic.signals)
        if odd:
            raise NotSentError(f"{odd[0]} is no value of {topic.options.topic}")
        return topic, topic.message(order)

    def _now(self, topic: CommandTopic) -> Link:
        link = self._link()
        if link is None or link.failure is not None:
            raise NotSentError("there is no connection")
        reply = topic.options.reply
        if reply is not None and reply.topic in link.refused:
            raise NotSentError(f"answers cannot be heard: {link.refused[reply.topic]}")
        return link


async def _first(answer: asyncio.Future[Any], taken: asyncio.Future[None]) -> Any:
    """Return the answer; raises at once only where the broker says that nobody got the message."""
    await asyncio.wait({answer, taken}, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done() and isinstance(taken.exception(), NotSentError):
        raise NotSentError(str(taken.exception()))
    # A connection that ends now leaves it open: the answer may come by the next one.
    return await answer


def _settle(taken: asyncio.Future[None]) -> None:
    """Look at what nobody waits for any more, so that its error does not count as unnoticed."""
    if not taken.cancel() and not taken.cancelled():
        taken.exception()
