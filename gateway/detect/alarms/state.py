"""The flags of an alarm and what every action does to them: pure, with time handed in (rules.md §4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.alarm import AlarmLetter, Shelving
from gateway.errors import ConflictError


class AlarmAction(StrEnum):
    """What can happen to an alarm: the data's doing, a person's, the design's and the clock's."""

    RAISE = "raised"
    CLEAR = "cleared"
    WITHDRAW = "withdrawn"
    ACKNOWLEDGE = "acknowledged"
    CONFIRM = "confirmed"
    RESET = "reset"
    TIMED_SHELVE = "timed_shelved"
    ONE_SHOT_SHELVE = "one_shot_shelved"
    UNSHELVE = "unshelved"
    SHELVING_EXPIRED = "shelving_expired"
    SHELVING_LOST = "shelving_lost"
    SUPPRESS = "suppressed"
    UNSUPPRESS = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    ENABLE = "enabled"
    DISABLE = "disabled"
    RE_ALARM = "re_alarmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How an alarm is to be handled: which answers it asks for, and its times in nanoseconds (0: none)."""

    needs_ack: bool = True
    needs_confirm: bool = False
    latching: bool = False
    re_alarm_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The state of an alarm; everything in it is independent of the rest."""

    enabled: bool = True
    active: bool = False
    acked: bool = True
    confirmed: bool = True
    latched: bool = False
    suppressed: bool = False
    out_of_service: bool = False
    shelving: Shelving = Shelving.UNSHELVED
    shelved_until_ns: int | None = None
    re_alarm_ns: int | None = None

    @property
    def aside(self) -> bool:
        """SuppressedOrShelved: not shown to operators as an alarm that asks for an answer."""
        return self.suppressed or self.out_of_service or self.shelving is not Shelving.UNSHELVED

    @property
    def hidden(self) -> bool:
        """Whether operators are not shown it: aside, or its rule does not run."""
        return self.aside or not self.enabled

    @property
    def retain(self) -> bool:
        """Whether it is still of interest to a client."""
        return self.enabled and (
            self.active or not self.acked or not self.confirmed or self.latched
        )

    @property
    def letter(self) -> AlarmLetter:
        """The ISA-18.2 state; a disabled alarm counts as out of service, one to be confirmed as unacknowledged."""
        if self.out_of_service or not self.enabled:
            return AlarmLetter.OUT_OF_SERVICE
        if self.suppressed:
            return AlarmLetter.SUPPRESSED_BY_DESIGN
        if self.shelving is not Shelving.UNSHELVED:
            return AlarmLetter.SHELVED
        answered = self.acked and self.confirmed
        if self.active:
            return AlarmLetter.ACKNOWLEDGED if answered else AlarmLetter.UNACKNOWLEDGED
        if self.latched:
            return (
                AlarmLetter.LATCHED_ACKNOWLEDGED if answered else AlarmLetter.LATCHED_UNACKNOWLEDGED
            )
        return AlarmLetter.NORMAL if answered else AlarmLetter.RETURNED_UNACKNOWLEDGED


SHELVINGS: Final[Mapping[tuple[Shelving, AlarmAction], Shelving]] = {
    (Shelving.UNSHELVED, AlarmAction.TIMED_SHELVE): Shelving.TIMED,
    (Shelving.UNSHELVED, AlarmAction.ONE_SHOT_SHELVE): Shelving.ONE_SHOT,
    (Shelving.TIMED, AlarmAction.ONE_SHOT_SHELVE): Shelving.ONE_SHOT,
    (Shelving.ONE_SHOT, AlarmAction.TIMED_SHELVE): Shelving.TIMED,
    (Shelving.TIMED, AlarmAction.UNSHELVE): Shelving.UNSHELVED,
    (Shelving.ONE_SHOT, AlarmAction.UNSHELVE): Shelving.UNSHELVED,
    (Shelving.TIMED, AlarmAction.SHELVING_EXPIRED): Shelving.UNSHELVED,
    (Shelving.ONE_SHOT, AlarmAction.SHELVING_EXPIRED): Shelving.UNSHELVED,
    (Shelving.TIMED, AlarmAction.SHELVING_LOST): Shelving.UNSHELVED,
    (Shelving.ONE_SHOT, AlarmAction.SHELVING_LOST): Shelving.UNSHELVED,
}
"""The six transitions of OPC UA Part 9, and the ends that the clock and a restart make of them."""


def after(
    flags: Flags,
    action: AlarmAction,
    handling: Handling,
    *,
    now_ns: int,
    until_ns: int | None = None,
) -> Flags:
    """Return the flags after an action; `until_ns` is when a shelving ends.

    Raises `ConflictError` where the action is not valid now (Bad_InvalidState and its kin).
    """
    if action in _NEEDS_ENABLED and not flags.enabled:
        raise ConflictError(f"the alarm is disabled: it cannot be {action.replace('_', ' ')}")
    if action in _SHELVES:
        return _shelved(flags, action, handling, until_ns=until_ns)
    return _EFFECTS[action](flags, handling, now_ns)


def due(flags: Flags, *, now_ns: int) -> tuple[AlarmAction, int] | None:
    """Return what the clock does next to an alarm and the instant it was due, or None before that."""
    found = [
        (time_ns, action)
        for action, time_ns in (
            (AlarmAction.SHELVING_EXPIRED, flags.shelved_until_ns),
            (AlarmAction.RE_ALARM, flags.re_alarm_ns),
        )
        if time_ns is not None and time_ns <= now_ns
    ]
    if not found:
        return None
    time_ns, action = min(found)
    return action, time_ns


def _shelved(
    flags: Flags, action: AlarmAction, handling: Handling, *, until_ns: int | None
) -> Flags:
    reached = SHELVINGS.get((flags.shelving, action))
    if reached is None:
        shown = flags.shelving.replace("_", " ")
        raise ConflictError(f"the alarm is {shown}: it cannot be {action.replace('_', ' ')}")
    if reached is not Shelving.UNSHELVED and until_ns is None:
        raise ConflictError("shelving needs an end")
    ends_ns = None if reached is Shelving.UNSHELVED else until_ns
    changed = replace(flags, shelving=reached, shelved_until_ns=ends_ns)
    return _returned(flags, changed, handling)


def _returned(before: Flags, now: Flags, handling: Handling) -> Flags:
    """Take back an alarm that was aside: by its live condition it is new (B), or normal (A).

    A latched one that is no longer active comes back as it was: only a reset may end a latch.
    """
    if not before.aside or now.aside:
        return now
    if now.active:
        return replace(now, acked=not handling.needs_ack, confirmed=True, re_alarm_ns=None)
    if now.latched:
        return now
    return replace(now, acked=True, confirmed=True, re_alarm_ns=None)


def _raise(flags: Flags, handling: Handling, _now_ns: int) -> Flags:
    return replace(
        flags,
        active=True,
        acked=not handling.needs_ack,
        confirmed=True,
        latched=flags.latched or handling.latching,
        re_alarm_ns=None,
    )


def _clear(flags: Flags, handling: Handling, _now_ns: int) -> Flags:
    changed = replace(flags, active=False, re_alarm_ns=None)
    if flags.shelving is Shelving.ONE_SHOT:
        changed = replace(changed, shelving=Shelving.UNSHELVED, shelved_until_ns=None)
        return _returned(flags, changed, handling)
    return changed


def _acknowledge(flags: Flags, handling: Handling, now_ns: int) -> Flags:
    if flags.acked:
        raise ConflictError("the alarm is acknowledged already")
    again_ns = now_ns + handling.re_alarm_ns if flags.active and handling.re_alarm_ns else None
    return replace(flags, acked=True, confirmed=not handling.needs_confirm, re_alarm_ns=again_ns)


def _confirm(flags: Flags, _handling: Handling, _now_ns: int) -> Flags:
    if not flags.acked:
        raise ConflictError("the alarm is not acknowledged yet: acknowledge it, then confirm")
    if flags.confirmed:
        raise ConflictError("the alarm asks for no confirmation now")
    return replace(flags, confirmed=True)


def _reset(flags: Flags, _handling: Handling, _now_ns: int) -> Flags:
    if not flags.latched:
        raise ConflictError("the alarm is not latched: there is nothing to reset")
    if flags.active or not flags.acked or not flags.confirmed:
        raise ConflictError(
            "a latched alarm is reset only once it is inactive, acknowledged and confirmed"
        )
    return replace(flags, latched=False)


def _re_alarm(flags: Flags, _handling: Handling, _now_ns: int) -> Flags:
    if flags.re_alarm_ns is None:
        raise ConflictError("the alarm is not waiting to ask again")
    return replace(flags, acked=False, confirmed=True, re_alarm_ns=None)


def _setting(name: str, value: bool, said: str) -> Callable[[Flags, Handling, int], Flags]:  # noqa: FBT001 - the flag's new value, as data
    def effect(flags: Flags, handling: Handling, _now_ns: int) -> Flags:
        if getattr(flags, name) is value:
            raise ConflictError(f"the alarm is {said} already")
        changed = replace(flags, **{name: value})  # type: ignore[arg-type]  # names of boolean flags only
        if name == "enabled" and value and changed.active:
            return replace(changed, acked=not handling.needs_ack, confirmed=True)
        return _returned(flags, changed, handling)

    return effect


_EFFECTS: Final[Mapping[AlarmAction, Callable[[Flags, Handling, int], Flags]]] = {
    AlarmAction.RAISE: _raise,
    AlarmAction.CLEAR: _clear,
    AlarmAction.WITHDRAW: _clear,
    AlarmAction.ACKNOWLEDGE: _acknowledge,
    AlarmAction.CONFIRM: _confirm,
    AlarmAction.RESET: _reset,
    AlarmAction.RE_ALARM: _re_alarm,
    AlarmAction.SUPPRESS: _setting("suppressed", True, "suppressed by design"),  # noqa: FBT003 - the flag's value
    AlarmAction.UNSUPPRESS: _setting("suppressed", False, "not suppressed"),  # noqa: FBT003 - the flag's value
    AlarmAction.OUT_OF_SERVICE: _setting("out_of_service", True, "out of service"),  # noqa: FBT003 - the flag's value
    AlarmAction.IN_SERVICE: _setting("out_of_service", False, "in service"),  # noqa: FBT003 - the flag's value
    AlarmAction.ENABLE: _setting("enabled", True, "enabled"),  # noqa: FBT003 - the flag's value
    AlarmAction.DISABLE: _setting("enabled", False, "disabled"),  # noqa: FBT003 - the flag's value
}
_SHELVES: Final = frozenset(action for _, action in SHELVINGS)
_NEEDS_ENABLED: Final = frozenset(
    {
        AlarmAction.ACKNOWLEDGE,
        AlarmAction.CONFIRM,
        AlarmAction.RESET,
        AlarmAction.TIMED_SHELVE,
        AlarmAction.ONE_SHOT_SHELVE,
    }
)
