"""Sources that sent data without being configured: a mapping for them, or the decision to leave them alone."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import DataType, SignalKind
from gateway.upkeep import MappedValue, MappingWish, Mark, Proposal, Subject
from web.api.access import Use
from web.api.connectors import Name
from web.api.docs import answers
from web.api.models import Document
from web.api.resource import Resource
from web.api.text import required
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/connectors/{name}/unknown", tags=["connectors"])

_TOPIC: Final = "plant/room/7/co2"
_VALUES: Final = [
    {
        "path": "ppm",
        "signal": "plant/room/7/co2/ppm",
        "kind": "measurement",
        "data_type": "float",
        "unit": "ppm",
    }
]
_WISH: Final[dict[str, Any]] = {
    "source": _TOPIC,
    "values": _VALUES,
    "timestamp_path": "",
    "timestamp_format": "received",
}
_YAML: Final = "connectors:\n  sensors:\n    adopted:\n      plant-room-7-co2: …\n"
_FILE: Final = "90-adopted-sensors-plant-room-7-co2-1f2e3d.yaml"
_PROPOSAL: Final[dict[str, Any]] = {
    "connector": "sensors",
    "wish": _WISH,
    "yaml": _YAML,
    "file": _FILE,
    "remark": "",
}
_ADOPTED: Final = {"yaml": _YAML, "file": _FILE, "told": "replaced: sensors"}
Source = Annotated[str, Query(max_length=300, description="The topic.", examples=[_TOPIC])]


class ValueWish(BaseModel):
    """One value of a message and the signal it becomes."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field("", max_length=255, description="Empty where the payload is one value.")
    signal: str = Field(max_length=255, description="site/area/line/machine/signal.")
    kind: SignalKind = SignalKind.MEASUREMENT
    data_type: DataType = DataType.FLOAT
    unit: str = Field("", max_length=40)


class Wish(BaseModel):
    """How a topic is to be read from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _WISH})
    source: str = Field(min_length=1, max_length=300)
    values: list[ValueWish] = Field(min_length=1, max_length=100)
    timestamp_path: str = Field("", max_length=255)
    timestamp_format: str = Field("received", max_length=20)

    def wish(self) -> MappingWish:
        """Return it as the gateway takes it."""
        return MappingWish(
            source=self.source,
            values=tuple(
                MappedValue(
                    path=each.path,
                    signal=each.signal,
                    kind=each.kind.value,
                    data_type=each.data_type.value,
                    unit=each.unit,
                )
                for each in self.values
            ),
            timestamp_path=self.timestamp_path,
            timestamp_format=self.timestamp_format if self.timestamp_path else "received",
        )


class Ignoring(BaseModel):
    """Why a topic may be left alone."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"source": _TOPIC, "reason": "Another system reads it."}},
    )
    source: str = Field(min_length=1, max_length=300)
    reason: str = Field(min_length=1, max_length=1000)


class ValueDocument(Document):
    """One value of a message and the signal it would become."""

    path: str
    signal: str
    kind: str
    data_type: str
    unit: str


class WishDocument(Document):
    """How a topic would be read."""

    source: str
    values: list[ValueDocument]
    timestamp_path: str
    timestamp_format: str


class ProposalDocument(Document):
    """A mapping that the newest sample suggests, as YAML too; `file` is empty where it cannot be written."""

    connector: str
    wish: WishDocument
    yaml: str
    file: str
    remark: str


class YamlDocument(Document):
    """A mapping as the YAML fragment that it would be."""

    yaml: str


class AdoptedDocument(Document):
    """What was written where, and what the reload did."""

    yaml: str
    file: str
    told: str


_ACT: Final[Any] = needs(Right.CONFIGURATION_APPROVE)


@router.get(
    "/proposal",
    response_model=ProposalDocument,
    responses=answers(_PROPOSAL, 403, 404),
    dependencies=[needs(Right.CONFIGURATION_READ)],
)
async def propose_mapping(services: Use, name: Name, source: Source) -> Response:
    """Suggest a mapping for a topic by its newest sample: paths and types are a start, to be looked at."""
    proposal: Proposal = services.adoption.propose(name, source)
    return JsonResponse(document(proposal))


@router.post(
    "/yaml",
    response_model=YamlDocument,
    responses=answers({"yaml": _YAML}, 403, 404),
    dependencies=[_ACT],
)
async def show_mapping(services: Use, name: Name, body: Wish) -> Response:
    """Show a mapping as the YAML fragment that it would be; nothing is written."""
    return JsonResponse({"yaml": services.adoption.text(name, body.wish())})


@router.post(
    "/adopt",
    status_code=201,
    response_model=AdoptedDocument,
    responses=answers(_ADOPTED, 403, 404, 409, 422, status=201),
    dependencies=[_ACT],
)
async def adopt_source(services: Use, who: Who, name: Name, body: Wish) -> Response:
    """Write a mapping into the configuration's folder and reload; where that is refused, nothing is left."""
    adopted = await services.adoption.adopt(name, body.wish(), by=who)
    await services.remarks.remove(Subject.UNKNOWN, f"{name} {body.source}")
    return JsonResponse(document(adopted), status_code=201)


@router.post(
    "/ignore",
    status_code=204,
    responses=answers(None, 403, 404),
    dependencies=[_ACT],
)
async def ignore_source(services: Use, who: Who, name: Name, body: Ignoring) -> Response:
    """Note that a topic is meant to be left alone; it goes on being counted."""
    services.health.connector(name)
    reason = required(body.reason, name="reason")
    key = f"{name} {body.source}"
    await services.remarks.put(Subject.UNKNOWN, [key], mark=Mark.IGNORED, reason=reason, by=who)
    return Response(status_code=204)


@router.delete(
    "/ignore",
    status_code=204,
    responses=answers(None, 403, 404),
    dependencies=[_ACT],
)
async def notice_source(services: Use, name: Name, source: Source) -> Response:
    """Show a topic among those that want a decision again."""
    services.health.connector(name)
    await services.remarks.remove(Subject.UNKNOWN, f"{name} {source}")
    return Response(status_code=204)
