"""Alarms in every state of ISA-18.2 for the demo plant in memory."""

from __future__ import annotations

from dataclasses import asdict, replace

from gateway.alarm import AlarmPriority, Shelving
from gateway.clock import NS_PER_S
from gateway.detect.alarms.state import Flags
from tests.peers.web_alarms import EXAMPLE, MemoryAlarms

LINE = "plant/bottling/line1"
H, M, L = AlarmPriority.HIGH, AlarmPriority.MEDIUM, AlarmPriority.LOW
DEMO = (
    # number, machine, signal, title, priority, flags, seconds since it was raised, issue, first-out
    (2, "packer", "good_count", "Line below its target rate", M, Flags(active=True, acked=False), 95, 1, False),
    (3, "capper", "torque", "Closing torque off target", H, Flags(active=True, acked=False), 400, None, False),
    (4, "labeller", "speed", "Labeller runs slow", L, Flags(active=True), 5_400, None, False),
    (5, "filler", "door_open", "Door flaps", L, Flags(active=True, shelving=Shelving.TIMED, shelved_until_ns=1), 7_200, None, False),
    (6, "rinser", "speed", "Rinser below speed", L, Flags(active=True, suppressed=True), 50, None, False),
    (7, "capper", "vibration_x", "Vibration of the capper", M, Flags(out_of_service=True), 90_000, None, False),
    (8, "rinser", "water_pressure", "Rinse water pressure low", M, Flags(acked=False), 300, None, False),
    (9, "packer", "case_weight", "Case too light", M, Flags(latched=True), 2_000, None, False),
)  # fmt: skip


def fill(alarms: MemoryAlarms, *, now_ns: int) -> None:
    """Raise alarms in every state; the first began an issue that brought the second."""
    first = replace(
        EXAMPLE,
        onset_ns=now_ns - 125 * NS_PER_S,
        raised_ns=now_ns - 122 * NS_PER_S,
        consequence="Product is given away.",
        response="Check the dosing valve.",
        issue=1,
        first_out=True,
    )
    alarms.put(first, action="raised", by=f"rule:{first.rule}")
    for number, machine, signal, title, priority, flags, ago_s, issue, first_out in DEMO:
        held = asdict(flags)
        if flags.shelved_until_ns is not None:
            held["shelved_until_ns"] = now_ns + 1800 * NS_PER_S
        raised_ns = now_ns - ago_s * NS_PER_S
        alarms.put(
            replace(
                EXAMPLE,
                **held,
                number=number,
                rule=title.lower().replace(" ", "_"),
                signal=f"{LINE}/{machine}/{signal}",
                asset=f"{LINE}/{machine}",
                title=title,
                priority=priority,
                letter=flags.letter,
                retain=flags.retain,
                suppressed_or_shelved=flags.aside,
                onset_ns=raised_ns,
                raised_ns=raised_ns,
                cleared_ns=None if flags.active else raised_ns + 60 * NS_PER_S,
                explanation=f"{title}: it has been so for 3 s.",
                issue=issue,
                first_out=first_out,
                occurrences=number,
            ),
            action="raised",
            by=f"rule:{title.lower().replace(' ', '_')}",
        )
