"""Walks an options model by the place of a value, to say what would be right there."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.config.tree import Place

Found: TypeAlias = "tuple[FieldInfo | None, Any]"
"""A field, where the place is one, and the annotation that stands there."""

_WORDS: dict[Any, str] = {
    str: "text",
    SecretStr: "text (a secret)",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    bytes: "text",
}


def find(model: type[BaseModel], place: Place) -> Found | None:
    """Return the field or annotation at a place, or None where the model has no such place.

    Tags that pydantic puts into the place of a discriminated union are passed over.
    """
    found: list[Found] = [(None, model)]
    for part in place:
        deeper = [step for _, annotation in found for step in _step(annotation, part)]
        found = deeper or [item for item in found if _is_tag(item[1], part)]
        if not found:
            return None
    return found[0]


def models_at(model: type[BaseModel], place: Place) -> list[type[BaseModel]]:
    """Return the options models that may stand at a place."""
    found = find(model, place)
    return [] if found is None else list(_models(found[1]))


def describe(annotation: Any) -> str:
    """Say in words what values an annotation allows."""
    annotation = _bare(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(str(argument) for argument in arguments)
    if origin in {Union, types.UnionType}:
        kinds = [describe(argument) for argument in arguments if argument is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin in {list, tuple, set, frozenset}:
        return f"a list of {describe(arguments[0])}" if arguments else "a list"
    if origin is dict:
        return f"`{'name'}: value` lines of {describe(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(str(member.value) for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "`key: value` lines"
    return getattr(annotation, "__name__", "a value").lower()


def default_of(field: FieldInfo) -> str | None:
    """Return a field's default as YAML would show it, or None where it is required."""
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True, validated_data={})
    return "none" if value is None or value in ("", ()) else _shown(value) or "empty"


def _shown(value: Any) -> str:
    """Return a value as people would write it; empty where nothing has to be written."""
    if isinstance(value, SecretStr):
        return "none"
    if isinstance(value, BaseModel):
        given = value.model_fields_set
        return _shown({name: each for name, each in value if name in given})
    if isinstance(value, dict):
        if any(isinstance(each, dict | list | tuple | BaseModel) for each in value.values()):
            return "built in"
        return ", ".join(f"{_shown(name)}: {_shown(each)}" for name, each in value.items())
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(_shown(each) for each in value))
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return f"{int(value)}"
    return str(value)


def _step(annotation: Any, part: str | int) -> Iterator[Found]:
    annotation = _bare(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        for argument in arguments:
            yield from _step(argument, part)
    elif origin in {list, tuple, set, frozenset} and isinstance(part, int) and arguments:
        yield (None, arguments[0])
    elif origin is dict and len(arguments) == 2:
        yield (None, arguments[1])
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(part))
        if field is not None:
            yield (field, field.annotation)


def _is_tag(annotation: Any, part: str | int) -> bool:
    annotation = _bare(annotation)
    if get_origin(annotation) not in {Union, types.UnionType}:
        return False
    return any(
        part == argument.__name__
        or any(part in get_args(_bare(f.annotation)) for f in argument.model_fields.values())
        for argument in _models(annotation)
    )


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, types.UnionType}:
        for argument in get_args(annotation):
            yield from _models(argument)


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def nested_models(annotation: Any, suffix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Return the options models inside an annotation, each with how it is reached: `[]`, `.<name>`, `(tag)`."""
    annotation = _bare(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield suffix, annotation
    elif origin in {list, tuple} and arguments:
        yield from nested_models(arguments[0], suffix + "[]")
    elif origin is dict and len(arguments) == 2:
        yield from nested_models(arguments[1], suffix + ".<name>")
    elif origin in {Union, types.UnionType}:
        for argument in arguments:
            for inner_suffix, model in nested_models(argument, suffix):
                yield inner_suffix + _tag_of(model, several=len(arguments) > 1), model


def _tag_of(model: type[BaseModel], *, several: bool) -> str:
    if not several:
        return ""
    for name in ("type", "kind"):
        field = model.model_fields.get(name)
        if field is not None and get_origin(_bare(field.annotation)) is Literal:
            return f" ({name}: {get_args(_bare(field.annotation))[0]})"
    return ""
