"""The reference page: every option with its type, unit, default and sentence, from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.config.fields import default_of, describe, nested_models

_UNITS: Final[Mapping[str, str]] = {
    "_ns": "ns",
    "_ms": "ms",
    "_s": "s",
    "_bytes": "bytes",
    "_rows": "rows",
    "_per_min": "1/min",
    "_per_s": "1/s",
    "_percent": "%",
}


def reference_page(sections: Mapping[str, type[BaseModel]], *, intro: str) -> str:
    """Return the page as Markdown: a section for each key, models inside models as sections below it."""
    parts = ["# Configuration reference\n", intro.rstrip() + "\n"]
    for key, model in sections.items():
        parts.extend(_section(key, model, depth=2, seen=set()))
    return "\n".join(parts).rstrip() + "\n"


def unit_of(name: str) -> str:
    """Return the unit that the end of an option's name says, or nothing."""
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


def _section(
    key: str, model: type[BaseModel], *, depth: int, seen: set[type[BaseModel]]
) -> Iterator[str]:
    sentence = (model.__doc__ or "").strip().splitlines()
    yield f"{'#' * depth} `{key}`\n"
    if sentence:
        yield sentence[0] + "\n"
    yield "| option | type | unit | default | meaning |\n|---|---|---|---|---|"
    for name, field in model.model_fields.items():
        yield _row(name, field)
    yield ""
    for name, field in model.model_fields.items():
        for suffix, inner in nested_models(field.annotation):
            if inner not in seen:
                seen.add(inner)
                yield from _section(
                    f"{key}.{name}{suffix}", inner, depth=min(depth + 1, 6), seen=seen
                )


def _row(name: str, field: FieldInfo) -> str:
    default = default_of(field)
    shown = "**required**" if default is None else f"`{default}`"
    kind = describe(field.annotation).replace("|", "\\|")
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{name}` | {kind} | {unit_of(name)} | {shown} | {meaning} |"
