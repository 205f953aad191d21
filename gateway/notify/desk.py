"""The port `Notifications`: what people read of channels, teams and messages, and what they set for themselves."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row

from gateway.access import users
from gateway.clock import NS_PER_S, Clock
from gateway.deviation import Issue
from gateway.errors import BackOffError, ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal
from gateway.notice import (
    SCREEN,
    ChannelStatus,
    Contact,
    DeliveriesWanted,
    Delivery,
    DeliveryState,
    LinkOffer,
    MessageKind,
    TeamStatus,
)
from gateway.notify import contacts as settings
from gateway.notify import outbox, wording
from gateway.notify.channels.options import (
    AppriseOptions,
    ChannelOptions,
    MailOptions,
    WebhookOptions,
)
from gateway.notify.contacts import Contacts
from gateway.notify.engine import Engine
from gateway.notify.ladder import standing
from gateway.notify.links import Link, LinkRefusedError, Links
from gateway.notify.options import Level, NotifyOptions
from gateway.notify.post import Post
from gateway.notify.recipients import TEAM_MARK, Recipients
from gateway.ports import Issues
from gateway.store import Store

TEST_EVERY_S: Final = 5.0
_GIVEN_UP: Final = (DeliveryState.FAILED.value, DeliveryState.UNKNOWN.value)


class NotifyDesk:
    """Build it with `gateway.notify.office.open_notify`; `engine` runs beside it."""

    def __init__(
        self,
        options: NotifyOptions,
        *,
        store: Store,
        clock: Clock,
        issues: Issues,
        contacts: Contacts,
        recipients: Recipients,
        links: Links,
        post: Post,
        engine: Engine,
        site: str,
    ) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._issues = issues
        self._contacts = contacts
        self._recipients = recipients
        self._links = links
        self._post = post
        self.engine = engine
        self._site = site
        self._tested_s: dict[str, float] = {}

    async def tell_report(self, key: str, to: Sequence[str], subject: str, body: str) -> int:
        """Put a report into the outbox of teams and people, each channel once a key; return how many are new."""
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> int:
            people: dict[str, None] = {}
            for name in to:
                people |= dict.fromkeys(self._of_team(name, now_ns) or [name])
            new = 0
            for person in people:
                contact = (
                    None if person.startswith(TEAM_MARK) else self._contacts.of(connection, person)
                )
                for channel in self._ways(person, contact):
                    new += outbox.add_once(
                        connection, key=key, person=person, channel=channel, subject=subject,
                        body=body, now_ns=now_ns,
                    )  # fmt: skip
            return new

        return await self._store.run(work)

    def _of_team(self, name: str, now_ns: int) -> list[str]:
        """Return whom a team's report goes to: who is on duty, its supervisors and managers, and its own channels."""
        if name not in self._options.teams:
            return []
        levels = (Level.ON_DUTY, Level.SUPERVISOR, Level.MANAGER)
        return list(self._recipients.told([name], levels, owner="", at_ns=now_ns))

    def _ways(self, person: str, contact: Contact | None) -> list[str]:
        if person.startswith(TEAM_MARK):
            return list(dict.fromkeys(self._options.teams[person.removeprefix(TEAM_MARK)].channels))
        return [SCREEN, *({} if contact is None else self._contacts.channels(contact))]

    async def channels(self) -> Sequence[ChannelStatus]:
        """Return every channel and how it is doing."""
        return [
            ChannelStatus(
                name=lane.name,
                type=SCREEN if lane.channel is None else str(getattr(lane.channel, "type", "")),
                target=target_of(lane.channel),
                personal=lane.channel is not None and lane.channel.is_personal,
                state=lane.state,
                since_ns=lane.since_ns,
                last_error=lane.last_error,
                last_sent_ns=lane.last_sent_ns,
                waiting=self.engine.waiting(lane.name),
                address_hint=_hint(lane.channel),
            )
            for lane in self._post.lanes.values()
        ]

    async def teams(self, at_ns: int) -> Sequence[TeamStatus]:
        """Return every team, and who is on duty at a moment and after it."""
        known = await self._store.run(self._contacts.all)
        reached = {person for person, each in known.items() if self._contacts.channels(each)}
        found = []
        for name, team in self._options.teams.items():
            rota = self._recipients.rotas[name]
            now, after = rota.now_and_next(at_ns)
            people = dict.fromkeys([*team.members, *team.supervisors, *team.managers])
            found.append(
                TeamStatus(
                    name=name,
                    title=team.title or name,
                    zones=tuple(team.zones),
                    types=tuple(each.value for each in team.types),
                    time_zone=rota.time_zone,
                    members=tuple(team.members),
                    supervisors=tuple(team.supervisors),
                    managers=tuple(team.managers),
                    channels=tuple(team.channels),
                    now=now,
                    next=after,
                    unreachable=tuple(each for each in people if each not in reached),
                )
            )
        return found

    async def deliveries(self, wanted: DeliveriesWanted) -> Sequence[Delivery]:
        """Return messages, newest first."""
        rows = await self._store.run(partial(outbox.search, wanted=wanted))
        return [outbox.to_delivery(row) for row in rows]

    async def retry(self, message: int) -> Delivery:
        """Put a message that was given up into the outbox again; raises `NotFoundError`, `ConflictError`."""
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> Row[Any]:
            row = outbox.get(connection, message)
            if row.state not in _GIVEN_UP or row.kind == MessageKind.TEST.value:
                raise ConflictError(
                    f"message {message} is {row.state}: only what was given up can be sent again"
                )
            again = {"state": DeliveryState.WAITING.value, "tries": 0, "created_ns": now_ns}
            outbox.change(connection, message, **again, due_ns=now_ns, cut_short=0)
            return outbox.get(connection, message)

        return outbox.to_delivery(await self._store.run(work))

    async def test(self, channel: str, *, by: str) -> Delivery:
        """Send a test at once, to the asker's own address where the channel is personal; it is not tried again."""
        lane = self._post.lanes.get(channel)
        if lane is None:
            raise NotFoundError(
                f"no channel {channel[:40]!r}; there are: {', '.join(self._post.lanes)}"
            )
        self._slow_down(by)
        if lane.channel is not None and lane.channel.is_personal:
            contact = await self._store.run(partial(self._contacts.of, person=by))
            if channel not in self._contacts.channels(contact):
                raise InvalidRequestError(
                    f"give your address for {channel} first, on the page of your account"
                )
        row = await self._store.run(partial(self._tested, channel=channel, by=by))
        await self._post.deliver(row)

        def ended(connection: Connection) -> Row[Any]:
            after = outbox.get(connection, row.id)
            if after.state == DeliveryState.WAITING.value:
                outbox.change(connection, row.id, state=DeliveryState.FAILED.value)
            return outbox.get(connection, row.id)

        return outbox.to_delivery(await self._store.run(ended))

    def _slow_down(self, by: str) -> None:
        now_s = self._clock.monotonic_s()
        self._tested_s = {
            who: at for who, at in self._tested_s.items() if now_s - at < TEST_EVERY_S
        }
        if by in self._tested_s:
            wait_s = TEST_EVERY_S - (now_s - self._tested_s[by])
            raise BackOffError("a test was sent a moment ago", wait_s=wait_s)
        self._tested_s[by] = now_s

    def _tested(self, connection: Connection, *, channel: str, by: str) -> Row[Any]:
        subject, body = wording.test_message(channel, site=self._site, by=by)
        now_ns = self._clock.now_ns()
        key = secrets.token_hex(20)
        values = {"subject": subject, "body": body, "key": key, "batch": key}
        added = outbox.add(
            connection,
            **values,
            person=by,
            channel=channel,
            kind=MessageKind.TEST.value,
            severity="P4",
            grp="",
            issue=None,
            issues=[],
            notices=0,
            state=DeliveryState.SENDING.value,
            tries=1,
            # A test that a crash cuts short is not sent a second time.
            cut_short=outbox.CUT_SHORT_MOST,
            error="",
            created_ns=now_ns,
            due_ns=now_ns,
            started_ns=now_ns,
        )
        return outbox.get(connection, added)

    async def contact(self, person: str) -> Contact:
        """Return how a person wants to be told."""
        return await self._store.run(partial(self._contacts.of, person=person))

    async def set_contact(self, contact: Contact) -> Contact:
        """Keep how a person wants to be told; raises `ConflictError`, `InvalidRequestError`."""
        settings.check(contact, self._options.channels)
        return await self._store.run(partial(self._contacts.save, contact=contact))

    async def inbox(self, person: str, *, limit: int) -> Sequence[Delivery]:
        """Return what a person was told on the page, newest first."""
        sent = DeliveryState.SENT.value
        wanted = DeliveriesWanted(state=sent, channel=SCREEN, person=person, limit=limit)
        return await self.deliveries(wanted)

    async def seen(self, person: str, message: int) -> None:
        """Note that a person has read a message; raises `NotFoundError`."""
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> None:
            row = outbox.get(connection, message)
            if row.person != person or row.channel != SCREEN:
                raise NotFoundError(f"no message {message} was sent to {person} on the page")
            if row.seen_ns is None:
                outbox.change(connection, message, seen_ns=now_ns)

        await self._store.run(work)

    async def offer(self, secret: str) -> LinkOffer:
        """Say what a signed link would do, doing nothing; raises `InvalidRequestError`, `NotFoundError`."""
        link = await self._link(secret)
        issue = await self._issues.get(link.issue)
        taken = standing(issue.state.value) != standing("open")
        return LinkOffer(
            issue=issue.number,
            person=link.person,
            title=issue.title,
            asset=issue.asset,
            severity=issue.severity.value,
            state=issue.state.value,
            opened_ns=issue.opened_ns,
            expires_ns=link.expires_s * NS_PER_S,
            done=f"Issue {issue.number} is in state {issue.state.value} already." if taken else "",
        )

    async def redeem(self, secret: str) -> tuple[Principal, Issue]:
        """Acknowledge by a signed link; raises as `offer`, and `ConflictError` where somebody has."""
        link = await self._link(secret)
        who = Principal(name=link.person, kind="link", roles=frozenset())
        note = f"by the link in message {link.message}"
        return who, await self._issues.acknowledge(link.issue, by=who, note=note)

    async def _link(self, secret: str) -> Link:
        """Read a link; whoever may no longer sign in may no longer use one either."""
        link = self._links.read(secret, now_ns=self._clock.now_ns())
        row = await self._store.run(partial(users.find, name=link.person))
        if row is not None and row["state"] != users.UserState.ACTIVE:
            raise LinkRefusedError(f"{link.person} may not sign in any more")
        return link


def target_of(channel: ChannelOptions | None) -> str:
    """Return where a channel leads, without anything that could be secret."""
    if isinstance(channel, MailOptions):
        return f"{channel.host}:{channel.port}"
    if isinstance(channel, WebhookOptions):
        scheme, _, _ = channel.url.partition("://")
        return f"{scheme}://{', '.join(sorted(channel.hosts))}"
    if isinstance(channel, AppriseOptions):
        scheme, _, _ = channel.url.get_secret_value().partition("://")
        return f"{scheme}://…"
    return ""


def _hint(channel: ChannelOptions | None) -> str:
    if isinstance(channel, MailOptions):
        domain = channel.domains[0] if channel.domains else "plant.example"
        return f"name@{domain}"
    return ""
