"""What every route declares: the services it reads, the limits it keeps, and the parameters many share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from gateway.clock import NS_PER_MS
from gateway.errors import InvalidRequestError
from gateway.model import MAX_PATH_LENGTH, Signal
from gateway.ports import Catalogue
from gateway.upkeep import Remark
from web.options import WebOptions
from web.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _options(request: Request) -> WebOptions:
    options: WebOptions = request.app.state.options
    return options


Use = Annotated[Services, Depends(_services)]
Limits = Annotated[WebOptions, Depends(_options)]
Limit = Annotated[int, Query(ge=1, le=100_000, description="Most entries that are answered.")]
Number = Annotated[int, Path(ge=1, le=2**53, description="Number of the issue.", examples=[17])]
Prefix = Annotated[
    str,
    Query(
        max_length=MAX_PATH_LENGTH,
        description="Keeps what is this path or lies below it.",
        examples=["plant/bottling/line1"],
    ),
]
SignalPaths = Annotated[
    list[str],
    Query(
        alias="signal",
        max_length=64,
        description="Path of a signal; may be repeated.",
        examples=["plant/bottling/line1/filler/fill_weight"],
    ),
]


def signal_document(signal: Signal) -> dict[str, Any]:
    """Return a signal as REST shows it: its live column, and what only people read."""
    return column_document(signal) | {
        "description": signal.description,
        "owner": signal.owner,
        "counter_bits": signal.counter_bits,
    }


def column_document(signal: Signal) -> dict[str, Any]:
    """Return a signal as a column of the live feed."""
    return {
        "path": signal.path,
        "machine": signal.machine,
        "name": signal.name,
        "kind": signal.kind.value,
        "data_type": signal.data_type.value,
        "unit": signal.unit,
        "decimals": signal.decimals,
        "role": None if signal.role is None else signal.role.value,
        "low": signal.low,
        "high": signal.high,
        "labels": [list(label) for label in signal.labels],
        "stale_after_ms": signal.stale_after_s * 1000,
    }


def indices(catalogue: Catalogue, paths: list[str]) -> list[int]:
    """Return the index of each path, each once; raises `NotFoundError`, `InvalidRequestError`."""
    if not paths:
        raise InvalidRequestError("signal: name at least one signal path")
    return [catalogue.index(path) for path in dict.fromkeys(paths)]


def remark_document(remark: Remark | None) -> dict[str, Any] | None:
    """Return what somebody decided about an entry, or None where nobody did."""
    if remark is None:
        return None
    return {
        "mark": remark.mark.value,
        "reason": remark.reason,
        "by": remark.by,
        "time_ms": remark.time_ns / NS_PER_MS,
    }


def below(path: str, prefix: str) -> bool:
    """Say whether a path is a prefix or lies below it."""
    return not prefix or path == prefix or path.startswith(prefix.rstrip("/") + "/")
