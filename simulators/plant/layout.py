"""The bottling line and its instruments as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Pace(StrEnum):
    """When an instrument shows a new value."""

    CONTINUOUS = "continuous"
    PIECE = "piece"
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One process value: AR(1) noise of spread `sd` around `mean`, rounded to `decimals`."""

    name: str
    unit: str
    mean: float
    sd: float
    phi: float
    decimals: int
    pace: Pace = Pace.CONTINUOUS
    size: int = 1
    follows: str = ""
    """Another instrument whose offset shows here too, as a filler's mean shows in its nozzles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """One machine of the line; speeds in pieces a minute, capacity in pieces."""

    name: str
    nominal_per_min: float
    outfeed_capacity: int
    reject_rate: float
    instruments: tuple[Instrument, ...]

    @property
    def key(self) -> str:
        """The name in lower case, as scenario files and the ready file spell it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Node:
    """One variable of a machine's address space; `data_type` is an OPC UA built-in type's name."""

    name: str
    data_type: str
    unit: str


TARGET_PER_MIN: Final = 120.0
PIECES_A_CASE: Final = 12
PIECES_A_PALLET: Final = 240

COMMON_NODES: Final = (
    Node("State", "Int32", ""),
    Node("Mode", "Int32", ""),
    Node("GoodCount", "UInt16", "pcs"),
    Node("RejectCount", "UInt16", "pcs"),
    Node("CycleTime", "Double", "s"),
    Node("Speed", "Double", "1/min"),
    Node("TargetSpeed", "Double", "1/min"),
    Node("StopReason", "String", ""),
    Node("Running", "Boolean", ""),
    Node("OutfeedLevel", "Int32", "pcs"),
    Node("MotorTemp", "Double", "°C"),
    Node("MotorCurrent", "Double", "A"),
)

# The filler is the slowest machine; speeds rise away from it on both sides (the V of a line).
BOTTLING_LINE: Final = (
    MachineSpec(
        name="Rinser",
        nominal_per_min=132.0,
        outfeed_capacity=40,
        reject_rate=0.0005,
        instruments=(
            Instrument(name="WaterPressure", unit="bar", mean=3.2, sd=0.04, phi=0.95, decimals=3),
        ),
    ),
    MachineSpec(
        name="Filler",
        nominal_per_min=120.0,
        outfeed_capacity=24,
        reject_rate=0.004,
        instruments=(
            Instrument(
                name="FillWeight",
                unit="g",
                mean=500.0,
                sd=0.8,
                phi=0.4,
                decimals=2,
                pace=Pace.PIECE,
            ),
            Instrument(name="ProductTemp", unit="°C", mean=6.5, sd=0.15, phi=0.98, decimals=2),
            Instrument(
                name="NozzleWeights",
                unit="g",
                mean=500.0,
                sd=0.9,
                phi=0.3,
                decimals=2,
                pace=Pace.PIECE,
                size=8,
                follows="FillWeight",
            ),
        ),
    ),
    MachineSpec(
        name="Capper",
        nominal_per_min=126.0,
        outfeed_capacity=20,
        reject_rate=0.003,
        instruments=(
            Instrument(
                name="Torque",
                unit="N·m",
                mean=2.0,
                sd=0.05,
                phi=0.5,
                decimals=3,
                pace=Pace.PIECE,
            ),
        ),
    ),
    MachineSpec(
        name="Labeller",
        nominal_per_min=130.0,
        outfeed_capacity=20,
        reject_rate=0.002,
        instruments=(
            Instrument(
                name="LabelOffset",
                unit="mm",
                mean=0.0,
                sd=0.25,
                phi=0.6,
                decimals=2,
                pace=Pace.PIECE,
            ),
        ),
    ),
    MachineSpec(
        name="Packer",
        nominal_per_min=136.0,
        outfeed_capacity=PIECES_A_PALLET,
        reject_rate=0.001,
        instruments=(
            Instrument(
                name="CaseWeight",
                unit="kg",
                mean=6.42,
                sd=0.006,
                phi=0.3,
                decimals=3,
                pace=Pace.CASE,
            ),
        ),
    ),
)


def nodes_of(spec: MachineSpec) -> tuple[Node, ...]:
    """Return every variable of a machine, common ones first."""
    return COMMON_NODES + tuple(Node(i.name, "Double", i.unit) for i in spec.instruments)


def array_size(spec: MachineSpec, node: Node) -> int:
    """Return how many elements an array variable has; 0 for a scalar."""
    sizes = {i.name: i.size for i in spec.instruments}
    size = sizes.get(node.name, 1)
    return size if size > 1 else 0
