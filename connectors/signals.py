"""How a person describes a signal in a connector's options, whatever the protocol."""

from __future__ import annotations

from pydantic import Field, field_validator

from gateway.model import DataType, Signal, SignalKind, SignalRole
from gateway.options import Options


class SignalOptions(Options):
    """What a signal is: the same words in every connector; the connector adds where the value comes from."""

    kind: SignalKind = Field(SignalKind.MEASUREMENT, description="What the signal means over time.")
    data_type: DataType = Field(
        DataType.FLOAT, description="What its values are; fixed for the signal's life."
    )
    unit: str = Field(
        "", max_length=32, description="Symbol of the engineering unit, such as °C, bar or 1/min."
    )
    low: float | None = Field(None, description="Lower end of the engineering range, in `unit`.")
    high: float | None = Field(None, description="Upper end of the engineering range, in `unit`.")
    decimals: int = Field(2, ge=0, le=9, description="Decimals that screens show.")
    role: SignalRole | None = Field(
        None,
        description="The part the signal plays on its machine, so that screens and rules find it.",
    )
    counter_bits: int | None = Field(
        None, ge=8, le=64, description="Width in bits at which a counter rolls over to 0."
    )
    labels: dict[int, str] = Field(
        default_factory=dict, description="Words of an enumeration by number, such as 6: Execute."
    )
    description: str = Field("", max_length=500, description="One sentence for people.")
    owner: str = Field("", max_length=64, description="The role that answers for this signal.")
    stale_after_s: float = Field(
        10.0,
        ge=0,
        description="Age after which the value is shown as stale; 0 for a source that sends only changes.",
    )

    @field_validator("unit", "description", "owner")
    @classmethod
    def _printable(cls, text: str) -> str:
        if not text.isprintable():
            msg = "may hold printable characters only"
            raise ValueError(msg)
        return text

    def to_signal(self, path: str) -> Signal:
        """Return the signal at a full path `site/area/line/machine/signal`; raises `ValueError` for a bad path."""
        return Signal(
            path=path,
            kind=self.kind,
            data_type=self.data_type,
            unit=self.unit,
            low=self.low,
            high=self.high,
            decimals=self.decimals,
            role=self.role,
            counter_bits=self.counter_bits,
            labels=tuple(sorted(self.labels.items())),
            description=self.description,
            owner=self.owner,
            stale_after_s=self.stale_after_s,
        )
