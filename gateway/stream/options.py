"""Settings of the durable middle: journal, supervisor, stamps and delivery."""

from __future__ import annotations

from pydantic import Field, model_validator

from gateway.options import Options

_TOO_SHORT = "must not be smaller than {}"


class JournalOptions(Options):
    """How much the journal keeps, and how it groups its commits."""

    max_bytes: int = Field(
        2_000_000_000, ge=4096, description="Most bytes of samples kept on disk, in bytes."
    )
    max_age_s: float = Field(
        86_400.0, gt=0, description="Age in seconds after which taken samples are discarded."
    )
    group_ms: float = Field(
        20.0, ge=0, le=1000, description="Longest wait in milliseconds to gather one commit."
    )
    group_rows: int = Field(
        1000, ge=1, description="Rows that make a commit start before `group_ms` is over."
    )
    ring_rows: int = Field(
        200_000, ge=0, description="Rows of recent batches held in memory for readers."
    )
    retry_ms: float = Field(
        250.0, gt=0, description="Wait in milliseconds before a refused commit is tried again."
    )
    ballast_bytes: int = Field(
        16_000_000,
        ge=0,
        description="Size in bytes of a file that is given up on a full disk, so that cursors can still move.",
    )
    check_max_bytes: int = Field(
        256_000_000,
        ge=0,
        description="Size in bytes up to which the whole file is checked at start; beyond it rows are checked when read.",
    )
    dead_letters_max: int = Field(
        10_000, ge=1, description="Most dead letters kept; the oldest are removed and counted."
    )
    dead_letters_max_bytes: int = Field(
        64_000_000, ge=1024, description="Most bytes of dead letters kept, in bytes."
    )
    dead_letter_payload_bytes: int = Field(
        65_536, ge=0, description="Bytes of a dead letter's payload that are kept, in bytes."
    )
    gaps_max: int = Field(
        200_000,
        ge=1,
        description="Most closed gaps kept; beyond it the oldest are merged with their next where that is near, else removed"
        " and counted.",
    )
    signals_max: int = Field(
        100_000, ge=1, description="Most signals the catalogue takes before it refuses new ones."
    )


class StampOptions(Options):
    """What counts as a believable source time."""

    oldest_source_s: float = Field(
        946_684_800.0,
        ge=0,
        description="Source times before this many seconds since 1970 are replaced by the time of receipt.",
    )
    max_ahead_s: float = Field(
        86_400.0,
        gt=0,
        description="Source times further ahead of their receipt, in seconds, are replaced by it.",
    )
    runs_max: int = Field(
        10_000,
        ge=1,
        description="Most runs of samples at one source time that are remembered to recognise repeats.",
    )


class BackOffOptions(Options):
    """How long to wait between attempts: full jitter between zero and a doubling bound."""

    min_s: float = Field(1.0, gt=0, description="Bound in seconds of the first wait.")
    max_s: float = Field(30.0, gt=0, description="Largest bound in seconds.")

    @model_validator(mode="after")
    def _ordered(self) -> BackOffOptions:
        if self.max_s < self.min_s:
            msg = f"max_s {_TOO_SHORT.format('min_s')}"
            raise ValueError(msg)
        return self


class SupervisorOptions(Options):
    """How one connector is kept alive."""

    connect_timeout_s: float = Field(
        20.0, gt=0, description="Seconds after which an attempt to connect is given up."
    )
    close_timeout_s: float = Field(
        5.0, gt=0, description="Seconds a connector may take to close before it is left behind."
    )
    back_off: BackOffOptions = Field(
        default_factory=lambda: BackOffOptions(min_s=1.0, max_s=30.0),
        description="Waits between attempts to connect.",
    )
    refused_retry_s: float = Field(
        60.0, gt=0, description="Seconds between attempts while the peer refuses us."
    )
    stable_after_s: float = Field(
        10.0, ge=0, description="Seconds a session must live before the back-off starts anew."
    )
    silent_reconnect_s: float | None = Field(
        120.0,
        gt=0,
        description="Seconds without any data after which the session is replaced; null for never.",
    )
    max_in_flight: int = Field(
        32, ge=1, description="Most reads that may wait for the journal's commit at once."
    )
    tick_s: float = Field(
        1.0, gt=0, description="Seconds between looks at silence, troubles and the journal."
    )


class DeliveryOptions(Options):
    """How one consumer is fed from the journal."""

    linger_s: float = Field(
        0.2, ge=0, description="Seconds to gather rows before a write, while not behind."
    )
    chunk_rows: int = Field(
        50_000, ge=1, description="Most rows in one write when behind (one batch may be larger)."
    )
    write_timeout_s: float = Field(
        120.0, gt=0, description="Seconds after which a write that hangs is given up and repeated."
    )
    back_off: BackOffOptions = Field(
        default_factory=lambda: BackOffOptions(min_s=0.5, max_s=30.0),
        description="Waits between attempts to write the same rows.",
    )
