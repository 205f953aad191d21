"""Signals, and the machines they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import Signal
from web.api.access import Limit, Limits, Prefix, Use, below, signal_document
from web.api.docs import RULES_PATH, answers
from web.api.models import MachineTree, SignalDocument, SignalPage
from web.api.resource import Resource
from web.auth import needs
from web.jsontext import JsonResponse

router = Resource(tags=["signals"], dependencies=[needs(Right.DISPLAY)])

_SIGNAL = {
    "path": RULES_PATH,
    "machine": "plant/bottling/line1/filler",
    "name": "fill_weight",
    "kind": "measurement",
    "data_type": "float",
    "unit": "g",
    "decimals": 1,
    "role": "key_value",
    "low": 480.0,
    "high": 520.0,
    "labels": [],
    "stale_after_ms": 10000.0,
    "description": "Net weight of each bottle",
    "owner": "quality",
    "counter_bits": None,
}
_MACHINE = {"name": "filler", "path": "plant/bottling/line1/filler", "signals": [_SIGNAL]}
_LINE = {"name": "line1", "path": "plant/bottling/line1", "machines": [_MACHINE]}
_AREA = {"name": "bottling", "path": "plant/bottling", "lines": [_LINE]}
_LEVELS = ("sites", "areas", "lines", "machines")


@router.get(
    "/signals",
    response_model=SignalPage,
    responses=answers({"items": [_SIGNAL], "total": 1, "next_offset": None}),
)
async def list_signals(
    *,
    services: Use,
    options: Limits,
    machine: Prefix = "",
    q: Annotated[
        str, Query(max_length=100, description="Words that path or description must hold.")
    ] = "",
    offset: Annotated[int, Query(ge=0, le=2**31, description="How many to leave out.")] = 0,
    limit: Limit = 200,
) -> Response:
    """List signals in the order they were first seen."""
    words = q.casefold().split()
    found = [
        signal
        for signal in services.catalogue.all()
        if below(signal.path, machine) and _matches(signal, words)
    ]
    page = found[offset : offset + min(limit, options.max_page_rows)]
    after = offset + len(page)
    return JsonResponse(
        {
            "items": [signal_document(signal) for signal in page],
            "total": len(found),
            "next_offset": after if page and after < len(found) else None,
        }
    )


@router.get("/signals/{path:path}", response_model=SignalDocument, responses=answers(_SIGNAL, 404))
async def get_signal(
    services: Use,
    path: Annotated[str, Path(description="The signal's path.", examples=[RULES_PATH])],
) -> Response:
    """Describe one signal."""
    return JsonResponse(signal_document(services.catalogue.signal(services.catalogue.index(path))))


@router.get(
    "/machines",
    response_model=MachineTree,
    responses=answers({"sites": [{"name": "plant", "path": "plant", "areas": [_AREA]}]}),
)
async def list_machines(services: Use, machine: Prefix = "") -> Response:
    """Show every machine in its place, with all its signals."""
    signals = (each for each in services.catalogue.all() if below(each.path, machine))
    return JsonResponse({"sites": _tree(signals)})


def _matches(signal: Signal, words: list[str]) -> bool:
    text = f"{signal.path} {signal.description}".casefold()
    return all(word in text for word in words)


def _tree(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    top: list[dict[str, Any]] = []
    nodes: dict[str, dict[str, Any]] = {}
    for signal in sorted(signals, key=lambda each: each.path):
        siblings = top
        levels = signal.machine.split("/")
        for depth, name in enumerate(levels):
            path = "/".join(levels[: depth + 1])
            children = (*_LEVELS[1:], "signals")[depth]
            if path not in nodes:
                nodes[path] = {"name": name, "path": path, children: []}
                siblings.append(nodes[path])
            siblings = nodes[path][children]
        siblings.append(signal_document(signal))
    return top
