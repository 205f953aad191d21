"""The structures of OPC 10031-4 v2.00, field by field in the order of its nodeset, for the library's codec."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from asyncua import ua

NAMESPACE: Final = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
JOB_ORDER: Final = 5014
ORDER_AND_STATE: Final = 5032
JOB_RESPONSE: Final = 5026
"""Numbers of the binary encodings in that namespace."""

_ZERO: Final = ua.UInt32(0)
_EMPTY: Final = ua.String("")


@dataclass
class Parameter:
    """ISA95ParameterDataType; a property has the same fields."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Value: ua.Variant = field(default_factory=ua.Variant)
    Description: list[ua.LocalizedText] | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Subparameters: list[Parameter] | None = None


@dataclass
class WorkMaster:
    """ISA95WorkMasterDataType."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Description: ua.LocalizedText | None = None
    Parameters: list[Parameter] | None = None


@dataclass
class Resource:
    """ISA95PersonnelDataType, ISA95EquipmentDataType and ISA95PhysicalAssetDataType: the same fields."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    ID: ua.String = _EMPTY
    Description: list[ua.LocalizedText] | None = None
    Use: ua.String | None = None
    Quantity: ua.String | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Properties: list[Parameter] | None = None


@dataclass
class Material:
    """ISA95MaterialDataType."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    MaterialClassID: ua.String | None = None
    MaterialDefinitionID: ua.String | None = None
    MaterialLotID: ua.String | None = None
    MaterialSublotID: ua.String | None = None
    Description: list[ua.LocalizedText] | None = None
    MaterialUse: ua.String | None = None
    Quantity: ua.String | None = None
    EngineeringUnits: ua.EUInformation | None = None
    Properties: list[Parameter] | None = None


@dataclass
class State:
    """ISA95StateDataType."""

    BrowsePath: ua.RelativePath = field(default_factory=ua.RelativePath)
    StateText: ua.LocalizedText = field(default_factory=ua.LocalizedText)
    StateNumber: ua.UInt32 = _ZERO


@dataclass
class JobOrder:
    """ISA95JobOrderDataType."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    JobOrderID: ua.String = _EMPTY
    Description: list[ua.LocalizedText] | None = None
    WorkMasterID: list[WorkMaster] | None = None
    StartTime: ua.DateTime | None = None
    EndTime: ua.DateTime | None = None
    Priority: ua.Int16 | None = None
    JobOrderParameters: list[Parameter] | None = None
    PersonnelRequirements: list[Resource] | None = None
    EquipmentRequirements: list[Resource] | None = None
    PhysicalAssetRequirements: list[Resource] | None = None
    MaterialRequirements: list[Material] | None = None


@dataclass
class JobOrderAndState:
    """ISA95JobOrderAndStateDataType; the first state is the top level, sub-states follow."""

    JobOrder: JobOrder = field(default_factory=JobOrder)
    State: list[State] = field(default_factory=list)


@dataclass
class JobResponse:
    """ISA95JobResponseDataType."""

    Encoding: ua.UInt32 = field(default=_ZERO, repr=False, init=False, compare=False)
    JobResponseID: ua.String = _EMPTY
    Description: ua.LocalizedText | None = None
    JobOrderID: ua.String = _EMPTY
    StartTime: ua.DateTime | None = None
    EndTime: ua.DateTime | None = None
    JobState: list[State] = field(default_factory=list)
    JobResponseData: list[Parameter] | None = None
    PersonnelActuals: list[Resource] | None = None
    EquipmentActuals: list[Resource] | None = None
    PhysicalAssetActuals: list[Resource] | None = None
    MaterialActuals: list[Material] | None = None
