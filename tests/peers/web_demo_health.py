"""The demo plant's health: connectors in every state, one sink that is away."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.clock import NS_PER_S
from gateway.status import (
    ConnectorFigures,
    ConnectorState,
    ConnectorStatus,
    Health,
    SourceTrouble,
    StageState,
    StageStatus,
    UnknownSource,
)


def demo_unknown(tick: int, started_ns: int, now_ns: int) -> list[UnknownSource]:
    """Return what the demo plant's sensors send without being configured."""
    return [
        UnknownSource(
            source="plant/room/7/co2",
            count=12 + tick,
            first_ns=started_ns,
            last_ns=now_ns,
            sample=b'{"ppm": 612}',
        )
    ]


def demo_health(tick: int, started_ns: int, now_ns: int) -> Health:
    """Return the health document of the demo plant."""
    return Health(
        time_ns=now_ns,
        ready=True,
        problems=(
            "mill: refused by opc.tcp://10.0.0.9:4840 (BadUserAccessDenied): check user and password",
            "capper: connection lost, next try in 4 s",
        ),
        connectors=tuple(_connectors(tick, started_ns, now_ns)),
        stages=tuple(
            StageStatus(
                name=name,
                kind=kind,
                state=state,
                since_ns=started_ns,
                last_error=error,
                behind_rows=behind,
                behind_s=behind / 400,
                rows=tick * 40,
                rows_per_s=396.0,
            )
            for name, kind, state, error, behind in (
                ("journal", "journal", StageState.WORKING, "", 0),
                ("historian", "sink", StageState.WORKING, "", 40),
                (
                    "influx",
                    "sink",
                    StageState.FAILING,
                    "connection refused",
                    12_000 + tick,
                ),
                ("rules", "reader", StageState.WORKING, "", 8),
            )
        ),
        event_loop_lag_s=0.002,
        memory_bytes=120_000_000 + tick,
    )


def _connectors(tick: int, started_ns: int, now_ns: int) -> Iterator[ConnectorStatus]:
    live, degraded = ConnectorState.LIVE, ConnectorState.DEGRADED
    listed = (
        ("filler", "opcua", live, "", 99.8),
        ("labeller", "opcua", degraded, "1 of 14 sources does not deliver", 80.0),
        ("capper", "opcua", ConnectorState.BACKING_OFF, "connection reset by peer", 0.0),
        ("mill", "opcua", ConnectorState.REFUSED, "BadUserAccessDenied", 0.0),
        ("sensors", "mqtt", live, "", 12.2),
        ("packer", "mqtt", ConnectorState.CONNECTING, "", 0.0),
    )
    for name, kind, state, error, rate in listed:
        receiving = rate > 0
        trouble = SourceTrouble(
            source="nsu=urn:labeller;s=Offset2",
            reason="BadNodeIdUnknown",
            signal_path="plant/bottling/line1/labeller/label_offset",
            since_ns=started_ns,
        )
        yield ConnectorStatus(
            name=name,
            kind=kind,
            target="mqtt://10.0.0.2:1883" if kind == "mqtt" else "opc.tcp://10.0.0.5:4840",
            state=state,
            since_ns=started_ns,
            last_error=error,
            last_error_ns=started_ns if error else None,
            next_try_ns=None if receiving else now_ns + 4 * NS_PER_S,
            attempts=1 if receiving else 7,
            samples=int(rate * (100 + tick)),
            samples_per_s=rate,
            batches=tick,
            dead_letters=3 if name == "sensors" else 0,
            losses=1 if name == "filler" else 0,
            lag_s=0.012 if receiving else None,
            silent_s=0.1 if receiving else 42.0,
            signals=14,
            stale_signals=0 if receiving else 14,
            figures=ConnectorFigures(
                queue_depth=3, queue_limit=10_000, unknown=12 if name == "sensors" else 0
            ),
            troubles=(trouble,) if state is degraded else (),
        )
