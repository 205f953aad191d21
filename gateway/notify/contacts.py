"""How people want to be told: their own settings as rows, and when a notice may reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, insert, select, update

from gateway.deviation import Severity
from gateway.errors import ConflictError, InvalidRequestError
from gateway.notice import Contact, QuietHours
from gateway.notify.channels.options import ChannelOptions, address_problem
from gateway.notify.options import NotifyOptions
from gateway.notify.teams.rota import next_wall_ns, quiet_until
from gateway.production.kpi.options import Weekday, minutes
from gateway.store.notify_tables import notify_contact

MOST_QUIET = 20
_WALL_LENGTH = 5


class Contacts:
    """Settings of everybody, the configuration's addresses where somebody has set none."""

    def __init__(self, options: NotifyOptions, *, time_zone: str) -> None:
        self._options = options
        self.time_zone = time_zone

    def all(self, connection: Connection) -> dict[str, Contact]:
        """Return everybody's settings by name, of those alone who have some."""
        found = {person: self._given(person) for person in self._options.people}
        for row in connection.execute(select(notify_contact)):
            found[row.person] = self._read(row.person, row.settings, row.version)
        return found

    def of(self, connection: Connection, person: str) -> Contact:
        """Return one person's settings; what nobody has set is the default."""
        query = select(notify_contact).where(notify_contact.c.person == person)
        row = connection.execute(query).first()
        return self._given(person) if row is None else self._read(person, row.settings, row.version)

    def save(self, connection: Connection, contact: Contact) -> Contact:
        """Keep settings whose `version` is the one they were read with; raises `ConflictError`."""
        known = self.of(connection, contact.person).version
        if contact.version != known:
            raise ConflictError(
                f"your settings were changed meanwhile (version {known}, yours {contact.version}): read them again"
            )
        kept = replace(contact, version=known + 1)
        values = {"settings": _settings(kept), "version": kept.version}
        if known == 0:
            connection.execute(insert(notify_contact).values(person=kept.person, **values))
        else:
            here = notify_contact.c.person == kept.person
            connection.execute(update(notify_contact).where(here).values(**values))
        return kept

    def channels(self, contact: Contact) -> Mapping[str, str]:
        """Return the addresses that lead somewhere today, by channel."""
        return {
            name: address
            for name, address in contact.addresses.items()
            if name in self._options.channels
            and address_problem(self._options.channels[name], address) is None
        }

    def zone(self, contact: Contact) -> ZoneInfo:
        """Return the time zone of a person's quiet hours."""
        return ZoneInfo(contact.time_zone or self.time_zone)

    def due(self, contact: Contact, severity: str, at_ns: int, *, first: bool) -> tuple[str, int]:
        """Return how a notice is held (`now`, `quiet`, `digest`) and when it may go out.

        What climbs is never put off to the digest.
        """
        zone = self.zone(contact)
        if first and contact.digest_from and severity >= contact.digest_from:
            return "digest", next_wall_ns(at_ns, contact.digest_at, zone)
        until_ns = quiet_until(contact.quiet, at_ns, zone)
        if until_ns is not None and severity > contact.break_through:
            return "quiet", until_ns
        return "now", at_ns

    def _given(self, person: str) -> Contact:
        return Contact(person=person, addresses=dict(self._options.people.get(person, {})))

    def _read(self, person: str, settings: Mapping[str, Any], version: int) -> Contact:
        quiet = tuple(QuietHours(**each) for each in settings["quiet"])
        return Contact(person=person, version=version, **{**settings, "quiet": quiet})


def check(contact: Contact, channels: Mapping[str, ChannelOptions]) -> None:
    """Refuse settings that cannot be; raises `InvalidRequestError` with every mistake."""
    wrong = [
        *_addresses(contact, channels),
        *(text for window in contact.quiet for text in _window(window)),
    ]
    if contact.time_zone and contact.time_zone not in available_timezones():
        wrong.append(f"time_zone: {contact.time_zone[:60]!r} is no IANA zone such as Europe/Paris")
    severities = [each.value for each in Severity]
    if contact.break_through not in severities:
        wrong.append("break_through: want P1, P2, P3 or P4")
    if contact.digest_from and contact.digest_from not in severities[1:]:
        wrong.append("digest_from: want P2, P3, P4 or nothing; P1 is always told at once")
    if not _is_wall(contact.digest_at):
        wrong.append(f"digest_at: {contact.digest_at[:20]!r} is no time, want HH:MM")
    if len(contact.quiet) > MOST_QUIET:
        wrong.append(f"quiet: at most {MOST_QUIET} windows")
    if wrong:
        raise InvalidRequestError("; ".join(wrong))


def _addresses(contact: Contact, channels: Mapping[str, ChannelOptions]) -> list[str]:
    wrong = []
    for name, address in contact.addresses.items():
        if name not in channels:
            known = ", ".join(n for n, each in channels.items() if each.is_personal) or "none"
            wrong.append(f"addresses.{name[:40]}: no such channel; there are: {known}")
            continue
        problem = address_problem(channels[name], address)
        if problem is not None:
            wrong.append(f"addresses.{name}: {problem}")
    return wrong


def _window(window: QuietHours) -> list[str]:
    wrong = [
        f"quiet: {wall[:20]!r} is no time, want HH:MM"
        for wall in (window.start, window.end)
        if not _is_wall(wall)
    ]
    strange = [day for day in window.days if day not in {each.value for each in Weekday}]
    wrong += [f"quiet: {day[:20]!r} is no day, want mon to sun" for day in strange[:7]]
    if not window.days:
        wrong.append("quiet: name at least one day")
    return wrong


def _is_wall(wall: str) -> bool:
    if len(wall) != _WALL_LENGTH or wall[2] != ":" or not (wall[:2] + wall[3:]).isdigit():
        return False
    return wall.isascii() and minutes(wall) <= 1439 and int(wall[3:]) <= 59


def _settings(contact: Contact) -> dict[str, object]:
    return {
        "addresses": dict(contact.addresses),
        "time_zone": contact.time_zone,
        "quiet": [
            {"days": list(each.days), "start": each.start, "end": each.end}
            for each in contact.quiet
        ],
        "break_through": contact.break_through,
        "digest_from": contact.digest_from,
        "digest_at": contact.digest_at,
    }
