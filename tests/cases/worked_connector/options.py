"""Settings of a weighing scale that sends lines over TCP."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connectors.signals import SignalOptions
from gateway.options import Options


class ScaleSignal(SignalOptions):
    """The signal that the scale's weight becomes."""

    path: str = Field(description="Path of the signal: site/area/line/machine/signal.")


class ScaleOptions(Options):
    """One scale and the signal it feeds."""

    type: Literal["scale"] = Field("scale", description="Kind of connector.")
    host: str = Field(description="Name or address of the scale.")
    port: int = Field(4001, ge=1, le=65_535, description="TCP port of the scale.")
    max_line_bytes: int = Field(
        256, ge=16, description="A longer line is not from a scale; the connection is ended."
    )
    signal: ScaleSignal = Field(description="What the weight becomes.")
