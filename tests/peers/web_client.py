"""An HTTP client inside the process, and a schema check for what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def rest(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an app whose live hub runs."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client,
    ):
        yield client


_documents: list[dict[str, Any]] = []


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document: of every app of this process, since all have the same routes."""
    if not _documents:
        _documents.append(app.openapi())
    return _documents[0]


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int,),
}


def example_mismatch(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> str:
    """Say where an example differs from its schema, or "".

    FastAPI drops every null from the OpenAPI document, those in examples included.
    """
    found = mismatch(value, schema, root).split("; ")
    nullable = {
        name
        for model in root["components"]["schemas"].values()
        for name, each in model.get("properties", {}).items()
        if {"type": "null"} in each.get("anyOf", ())
    }
    return "; ".join(
        part
        for part in found
        if part.removesuffix(" is missing").rpartition(".")[2] not in nullable
    )


def mismatch(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "$") -> str:
    """Say where a document differs from the part of JSON schema that our OpenAPI document uses, or ""."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return mismatch(value, root["components"]["schemas"][name], root, where)
    if "anyOf" in schema:
        found = [mismatch(value, each, root, where) for each in schema["anyOf"]]
        return "" if "" in found else "; ".join(found)
    wanted = schema.get("type")
    if wanted is not None:
        fits = isinstance(value, _TYPES[wanted]) and (wanted == "boolean") == isinstance(
            value, bool
        )
        if not fits:
            return f"{where}: {value!r} is no {wanted}"
    parts: list[str] = []
    if isinstance(value, dict):
        parts = _object_mismatch(value, schema, root, where)
    elif isinstance(value, list) and "items" in schema:
        parts = [mismatch(each, schema["items"], root, f"{where}[]") for each in value]
    return "; ".join(part for part in parts if part)


def _object_mismatch(
    value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], where: str
) -> list[str]:
    known = schema.get("properties", {})
    rest_of = schema.get("additionalProperties", True)
    parts = [f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value]
    for key, each in value.items():
        if key in known:
            parts.append(mismatch(each, known[key], root, f"{where}.{key}"))
        elif rest_of is False:
            parts.append(f"{where}.{key} is not described")
        elif isinstance(rest_of, dict):
            parts.append(mismatch(each, rest_of, root, f"{where}.{key}"))
    return parts
