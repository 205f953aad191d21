"""Holds values against an options model and turns every mistake into a problem with its place and remedy."""

from __future__ import annotations

import difflib
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.fields import describe, find, models_at
from gateway.config.problems import Problem
from gateway.config.tree import Place, Tree, dotted

Model = TypeVar("Model", bound=BaseModel)


def check(model: type[Model], values: object, *, tree: Tree, place: Place = ()) -> Model | None:
    """Return the options at `place`, or None after adding what is wrong to the tree's problems."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            tree.problems.append(_problem(model, details, tree=tree, place=place))
        return None


def _problem(model: type[BaseModel], details: ErrorDetails, *, tree: Tree, place: Place) -> Problem:
    inner = _without_tags(model, details["loc"])
    here = (*place, *inner)
    file, line = tree.mark(here)
    what, wanted = _words(model, details)
    return Problem(file=file, line=line, path=dotted(here), what=what, wanted=wanted)


def _without_tags(model: type[BaseModel], location: Place) -> Place:
    """Drop the parts that name a member of a union and not a key."""
    kept: list[str | int] = []
    walked: list[str | int] = []
    for part in location:
        before = find(model, tuple(walked))
        after = find(model, (*walked, part))
        walked.append(part)
        is_tag = before is not None and after is not None and before[1] is after[1]
        if not is_tag:
            kept.append(part)
    return tuple(kept)


def _words(model: type[BaseModel], details: ErrorDetails) -> tuple[str, str]:
    location = details["loc"]
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(model, location)
    found = find(model, location)
    field = found[0] if found else None
    wanted = describe(found[1]) if found else ""
    if field is not None and field.description:
        wanted += f": {field.description}"
    if kind == "missing":
        return "is missing", wanted
    if kind in {"value_error", "assertion_error"}:
        reason = details.get("ctx", {}).get("error")
        own = "" if wanted == "`key: value` lines" else wanted
        return (str(reason) if reason is not None else details["msg"]), own
    secret = found is not None and "secret" in describe(found[1])
    shown = "the value" if secret else _shown(details["input"])
    return f"{shown}: {_lower(details['msg'])}", wanted


def _unknown_key(model: type[BaseModel], location: Place) -> tuple[str, str]:
    key = str(location[-1])
    known = sorted(
        {name for candidate in models_at(model, location[:-1]) for name in candidate.model_fields}
    )
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return "unknown key", f"{near[0]}?"
    return "unknown key", f"one of {', '.join(known)}" if known else ""


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "`key: value` lines"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
