"""The documents of notifications."""

from __future__ import annotations

from web.api.models import Document


class ChannelDocument(Document):
    """One channel, without anything secret."""

    name: str
    type: str
    target: str
    personal: bool
    state: str
    since_ms: float
    last_error: str
    last_sent_ms: float | None
    waiting: int
    address_hint: str


class ChannelList(Document):
    """All channels."""

    items: list[ChannelDocument]


class DutyDocument(Document):
    """Who is on duty, and until when."""

    people: list[str]
    how: str
    start_ms: float
    until_ms: float | None


class TeamDocument(Document):
    """One team."""

    name: str
    title: str
    zones: list[str]
    types: list[str]
    time_zone: str
    members: list[str]
    supervisors: list[str]
    managers: list[str]
    channels: list[str]
    now: DutyDocument
    next: DutyDocument | None
    unreachable: list[str]


class TeamList(Document):
    """All teams."""

    items: list[TeamDocument]


class DeliveryDocument(Document):
    """One message to one person by one channel."""

    id: int
    key: str
    person: str
    channel: str
    kind: str
    severity: str
    group: str
    issue: int | None
    issues: list[int]
    subject: str
    body: str
    notices: int
    state: str
    tries: int
    error: str
    created_ms: float
    due_ms: float
    sent_ms: float | None
    seen_ms: float | None


class DeliveryPage(Document):
    """Messages, newest first."""

    items: list[DeliveryDocument]
    next_before: int | None


class DeliveryList(Document):
    """Messages, newest first."""

    items: list[DeliveryDocument]


class QuietDocument(Document):
    """A weekly window in which only the worst is told."""

    days: list[str]
    start: str
    end: str


class ContactDocument(Document):
    """How a person wants to be told."""

    person: str
    addresses: dict[str, str]
    time_zone: str
    quiet: list[QuietDocument]
    break_through: str
    digest_from: str
    digest_at: str
    version: int


class LinkOfferDocument(Document):
    """What a signed link would do."""

    issue: int
    person: str
    title: str
    asset: str
    severity: str
    state: str
    opened_ms: float
    expires_ms: float
    done: str


class AcknowledgedDocument(Document):
    """What a signed link has done."""

    issue: int
    person: str
    title: str
    state: str
