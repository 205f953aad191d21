"""How quality control counts and fills, as people write it under `quality`."""

from __future__ import annotations

from pydantic import Field

from gateway.options import Options


class QualityOptions(Options):
    """What checks take for granted."""

    fresh_s: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="How old a signal's value may be when a check falls due; an older one is not taken, the next is.",
    )
    settle_s: float = Field(
        2.0,
        ge=0,
        le=3600,
        description="Silence after which a counter's last reading holds for the beginning or end of a lot.",
    )
