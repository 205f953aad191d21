"""Notices as people meet them: who is told what by which channel, who is on duty, and what became of each message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SCREEN = "screen"
"""The channel that needs no outside: messages are read on the page."""


class DeliveryState(StrEnum):
    """The life of a message; `unknown` is one that a crash cut short twice, so that it is not sent a third time."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MessageKind(StrEnum):
    """Why a message goes out."""

    NOTICE = "notice"
    DIGEST = "digest"
    TEST = "test"
    REPORT = "report"


class ChannelState(StrEnum):
    """How a channel is doing."""

    UNTRIED = "untried"
    WORKING = "working"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """One channel; `target` never holds a secret, `personal` says that people give it an address of their own."""

    name: str
    type: str
    target: str
    personal: bool
    state: ChannelState
    since_ns: int
    last_error: str
    last_sent_ns: int | None
    waiting: int
    address_hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one person by one channel; `address` is masked, `error` scrubbed of secrets."""

    id: int
    key: str
    person: str
    channel: str
    kind: MessageKind
    severity: str
    group: str
    issue: int | None
    issues: Sequence[int]
    subject: str
    body: str
    notices: int
    state: DeliveryState
    tries: int
    error: str
    created_ns: int
    due_ns: int
    sent_ns: int | None
    seen_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who is on duty from `start_ns` until `until_ns` (None: as far as the calendar was looked at), and why."""

    people: Sequence[str]
    how: str
    start_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamStatus:
    """A team, who is on duty now and next, and whom no outside channel reaches."""

    name: str
    title: str
    zones: Sequence[str]
    types: Sequence[str]
    time_zone: str
    members: Sequence[str]
    supervisors: Sequence[str]
    managers: Sequence[str]
    channels: Sequence[str]
    now: OnDuty
    next: OnDuty | None
    unreachable: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A weekly window in which only the worst is told; local wall times `HH:MM`, past midnight where end ≤ start."""

    days: Sequence[str]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a person wants to be told; `addresses` by channel, `version` for optimistic concurrency, 0 before the first.

    In quiet hours what is milder than `break_through` waits. What is as mild as `digest_from` (empty: nothing) comes
    in one message a day at `digest_at`.
    """

    person: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    quiet: Sequence[QuietHours] = ()
    break_through: str = "P1"
    digest_from: str = ""
    digest_at: str = "07:00"
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOffer:
    """What a signed link would do, before it is done; `done` says why there is nothing left to do."""

    issue: int
    person: str
    title: str
    asset: str
    severity: str
    state: str
    opened_ns: int
    expires_ns: int
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesWanted:
    """Which messages a search wants, newest first; empty texts want all."""

    state: str = ""
    channel: str = ""
    person: str = ""
    issue: int | None = None
    before: int | None = None
    limit: int = 100
