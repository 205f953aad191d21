"""The structures of OPC 10031-4 that the simulated machine takes and shows, in the order of the official nodeset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from asyncua import ua

NAMESPACE: Final = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
ENCODINGS: Final = {"ISA95JobOrder": 5014, "ISA95JobOrderAndState": 5032, "ISA95JobResponse": 5026}

_ZERO: Final = ua.UInt32(0)
_EMPTY: Final = ua.String("")


@dataclass
class Isa95Parameter:
    """A named value."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Value: ua.Variant = field(default_factory=ua.Variant)
    Description: list[ua.LocalizedText] | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Subparameters: list[Isa95Parameter] | None = None


@dataclass
class Isa95WorkMaster:
    """What is to be made, and how."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Description: ua.LocalizedText | None = None
    Parameters: list[Isa95Parameter] | None = None


@dataclass
class Isa95Requirement:
    """People, equipment or physical assets that a job wants."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Description: list[ua.LocalizedText] | None = None
    RequirementUse: ua.String | None = None
    Quantity: ua.String | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Properties: list[Isa95Parameter] | None = None


@dataclass
class Isa95Material:
    """Material that a job wants."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    MaterialClassID: ua.String | None = None
    MaterialDefinitionID: ua.String | None = None
    MaterialLotID: ua.String | None = None
    MaterialSublotID: ua.String | None = None
    Description: list[ua.LocalizedText] | None = None
    MaterialUse: ua.String | None = None
    Quantity: ua.String | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Properties: list[Isa95Parameter] | None = None


@dataclass
class Isa95State:
    """A state of a job by its number."""

    BrowsePath: ua.RelativePath = field(default_factory=ua.RelativePath)
    StateText: ua.LocalizedText = field(default_factory=ua.LocalizedText)
    StateNumber: ua.UInt32 = _ZERO


@dataclass
class Isa95JobOrder:
    """A job order as it is sent."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    JobOrderID: ua.String = _EMPTY
    Description: list[ua.LocalizedText] | None = None
    WorkMasterID: list[Isa95WorkMaster] | None = None
    StartTime: ua.DateTime | None = None
    EndTime: ua.DateTime | None = None
    Priority: ua.Int16 | None = None
    JobOrderParameters: list[Isa95Parameter] | None = None
    PersonnelRequirements: list[Isa95Requirement] | None = None
    EquipmentRequirements: list[Isa95Requirement] | None = None
    PhysicalAssetRequirements: list[Isa95Requirement] | None = None
    MaterialRequirements: list[Isa95Material] | None = None


@dataclass
class Isa95JobOrderAndState:
    """One entry of the machine's list."""

    JobOrder: Isa95JobOrder = field(default_factory=Isa95JobOrder)
    State: list[Isa95State] = field(default_factory=list)


@dataclass
class Isa95JobResponse:
    """How a job ended."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    JobResponseID: ua.String = _EMPTY
    Description: ua.LocalizedText | None = None
    JobOrderID: ua.String = _EMPTY
    StartTime: ua.DateTime | None = None
    EndTime: ua.DateTime | None = None
    JobState: list[Isa95State] = field(default_factory=list)
    JobResponseData: list[Isa95Parameter] | None = None
    PersonnelActuals: list[Isa95Requirement] | None = None
    EquipmentActuals: list[Isa95Requirement] | None = None
    PhysicalAssetActuals: list[Isa95Requirement] | None = None
    MaterialActuals: list[Isa95Material] | None = None
