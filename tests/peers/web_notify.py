"""Notifications in memory: three channels, two teams, and a log of messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.clock import NS_PER_S, Clock
from gateway.deviation import Issue
from gateway.errors import ConflictError, NotFoundError
from gateway.model import Principal
from gateway.notice import (
    ChannelState,
    ChannelStatus,
    Contact,
    DeliveriesWanted,
    Delivery,
    DeliveryState,
    LinkOffer,
    MessageKind,
    TeamStatus,
)
from gateway.notify.contacts import check
from gateway.notify.links import Link, Links
from gateway.notify.options import NotifyOptions
from gateway.notify.teams.rota import Rota
from gateway.ports import Issues

LINKS = Links(b"the key of links in tests of the page")
OPTIONS = NotifyOptions.model_validate(
    {
        "allowed_hosts": ["mail.plant.example", "127.0.0.1"],
        "channels": {
            "mail": {"type": "mail", "host": "mail.plant.example", "sender": "t@plant.example"},
            "teams": {"type": "apprise", "url": "msteams://one/two/three/four"},
        },
        "teams": {
            "line1": {
                "title": "Bottling line",
                "zones": ["plant/bottling"],
                "members": ["anna", "ben", "cem"],
                "rotation": {"order": ["anna", "ben", "cem"], "start": "2026-01-05"},
                "supervisors": ["sam"],
                "managers": ["mia"],
                "channels": ["teams"],
            },
            "quality": {"members": ["dora"], "types": ["quality"]},
        },
    }
)


class MemoryNotifications:
    """The port in a few lists; `fails` makes the channel mail fail."""

    def __init__(self, clock: Clock, issues: Issues) -> None:
        self._clock = clock
        self._issues = issues
        self.contacts: dict[str, Contact] = {}
        self.messages: list[Delivery] = []
        for state in (DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.FAILED):
            self._add("anna", "mail", state)
        self._add("local", "screen", DeliveryState.SENT)

    def link(self, issue: int, *, lifetime_s: int = 600) -> str:
        """Return the secret of a link that acknowledges."""
        expires_s = self._clock.now_ns() // NS_PER_S + lifetime_s
        return LINKS.make(Link(issue=issue, person="anna", message=1, expires_s=expires_s))

    def _add(
        self,
        person: str,
        channel: str,
        state: DeliveryState,
        kind: MessageKind = MessageKind.NOTICE,
    ) -> Delivery:
        now_ns = self._clock.now_ns()
        made = Delivery(
            id=len(self.messages) + 1,
            key=f"{len(self.messages) + 1:040}",
            person=person,
            channel=channel,
            kind=kind,
            severity="P2",
            group="plant/bottling/line1",
            issue=None if kind is MessageKind.TEST else 1,
            issues=(1,),
            subject="[plant] P2 Fill weight above its limit",
            body="P2 #1 Fill weight above its limit at plant/bottling/line1/filler: is new",
            notices=1,
            state=state,
            tries=1 if state is not DeliveryState.FAILED else 9,
            error="" if state is DeliveryState.SENT else "Connection refused",
            created_ns=now_ns,
            due_ns=now_ns,
            sent_ns=now_ns if state is DeliveryState.SENT else None,
            seen_ns=None,
        )
        self.messages.append(made)
        return made

    async def channels(self) -> Sequence[ChannelStatus]:
        """Return a personal channel that fails, a team's one, and the page."""
        return [
            self._channel("mail", "mail", "mail.plant.example:587", ChannelState.FAILING),
            self._channel("teams", "apprise", "msteams://…", ChannelState.UNTRIED),
            self._channel("screen", "screen", "", ChannelState.WORKING),
        ]

    def _channel(self, name: str, kind: str, target: str, state: ChannelState) -> ChannelStatus:
        failing = state is ChannelState.FAILING
        return ChannelStatus(
            name=name,
            type=kind,
            target=target,
            personal=name == "mail",
            state=state,
            since_ns=self._clock.now_ns(),
            last_error="Connection refused" if failing else "",
            last_sent_ns=None,
            waiting=1 if failing else 0,
            address_hint="name@plant.example" if name == "mail" else "",
        )

    async def teams(self, at_ns: int) -> Sequence[TeamStatus]:
        """Return both teams by their real calendars."""
        found = []
        for name, team in OPTIONS.teams.items():
            rota = Rota(team, time_zone="Europe/Berlin")
            now, after = rota.now_and_next(at_ns)
            found.append(
                TeamStatus(
                    name=name,
                    title=team.title or name,
                    zones=team.zones,
                    types=[each.value for each in team.types],
                    time_zone=rota.time_zone,
                    members=team.members,
                    supervisors=team.supervisors,
                    managers=team.managers,
                    channels=team.channels,
                    now=now,
                    next=after,
                    unreachable=team.members[1:],
                )
            )
        return found

    async def deliveries(self, wanted: DeliveriesWanted) -> Sequence[Delivery]:
        """Return what fits, newest first."""
        fits = [
            each
            for each in reversed(self.messages)
            if wanted.state in {"", each.state.value}
            and wanted.channel in {"", each.channel}
            and wanted.person in {"", each.person}
            and wanted.issue in {None, each.issue}
            and (wanted.before is None or each.id < wanted.before)
        ]
        return fits[: wanted.limit]

    async def retry(self, message: int) -> Delivery:
        """Wait again."""
        found = self._message(message)
        if found.state is not DeliveryState.FAILED:
            raise ConflictError(f"message {message} is {found.state.value}")
        return self._put(replace(found, state=DeliveryState.WAITING, tries=0))

    async def test(self, channel: str, *, by: str) -> Delivery:
        """Send to the page, fail elsewhere."""
        if channel not in {each.name for each in await self.channels()}:
            raise NotFoundError(f"no channel {channel}")
        state = DeliveryState.SENT if channel == "screen" else DeliveryState.FAILED
        return self._add(by, channel, state, MessageKind.TEST)

    async def contact(self, person: str) -> Contact:
        """Return what was set."""
        return self.contacts.get(person, Contact(person=person))

    async def set_contact(self, contact: Contact) -> Contact:
        """Keep by version."""
        check(contact, OPTIONS.channels)
        known = (await self.contact(contact.person)).version
        if contact.version != known:
            raise ConflictError(f"version {known}, yours {contact.version}")
        self.contacts[contact.person] = replace(contact, version=known + 1)
        return self.contacts[contact.person]

    async def inbox(self, person: str, *, limit: int) -> Sequence[Delivery]:
        """Return what stands on the page."""
        wanted = DeliveriesWanted(channel="screen", person=person, limit=limit)
        return await self.deliveries(wanted)

    async def seen(self, person: str, message: int) -> None:
        """Note it."""
        found = self._message(message)
        if found.person != person:
            raise NotFoundError(f"no message {message}")
        self._put(replace(found, seen_ns=self._clock.now_ns()))

    async def offer(self, secret: str) -> LinkOffer:
        """Read a link."""
        link = LINKS.read(secret, now_ns=self._clock.now_ns())
        issue = await self._issues.get(link.issue)
        return LinkOffer(
            issue=issue.number,
            person=link.person,
            title=issue.title,
            asset=issue.asset,
            severity=issue.severity.value,
            state=issue.state.value,
            opened_ns=issue.opened_ns,
            expires_ns=link.expires_s * NS_PER_S,
            done="" if issue.state.value == "open" else "Somebody has acknowledged it already.",
        )

    async def redeem(self, secret: str) -> tuple[Principal, Issue]:
        """Acknowledge."""
        offer = await self.offer(secret)
        who = Principal(name=offer.person, kind="link", roles=frozenset())
        return who, await self._issues.acknowledge(offer.issue, by=who)

    def _message(self, message: int) -> Delivery:
        if not 1 <= message <= len(self.messages):
            raise NotFoundError(f"no message {message}")
        return self.messages[message - 1]

    def _put(self, changed: Delivery) -> Delivery:
        self.messages[changed.id - 1] = changed
        return changed
