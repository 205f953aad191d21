"""What the OpenAPI document says of every route: an example and the problems it may answer with."""

from __future__ import annotations

from typing import Any, Final

from web.api.models import Problem

_TITLES: Final = {
    401: "Nobody is signed in.",
    403: "A foreign page asked.",
    404: "There is no such thing.",
    409: "The thing changed meanwhile.",
    412: "It is no longer at the revision that If-Match names.",
    413: "The body is too large.",
    428: "A change names the revision it was made from (If-Match).",
    429: "Too many tries; the answer says when to try again.",
    422: "A parameter or the body is not valid.",
    503: "A part of the gateway cannot answer now.",
}
RULES_PATH: Final = "plant/bottling/line1/filler/fill_weight"
"""The signal that examples speak of."""


def with_problem(document: dict[str, Any]) -> dict[str, Any]:
    """Add the problem that routes name by reference alone to an OpenAPI document.

    A model at each of a route's problems would have FastAPI build it a thousand times at start.
    """
    schemas = document["components"]["schemas"]
    if "Problem" not in schemas:
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs")
        schemas["Problem"] = problem
    return document


def answers(
    example: Any, *problems: int, status: int = 200, what: str = ""
) -> dict[int | str, Any]:
    """Return the `responses` of a route: an example of its answer, and its problems."""
    responses: dict[int | str, Any] = {
        status: {
            "description": what or "The answer.",
            "content": {"application/json": {"example": example}},
        }
    }
    for code in sorted({*problems, 422, 503}):
        responses[code] = _problem(code)
    return responses


def _problem(code: int) -> dict[str, Any]:
    return {
        "description": _TITLES[code],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": "about:blank",
                    "title": _TITLES[code],
                    "status": code,
                    "detail": "What is wrong, and what would be right.",
                },
            }
        },
    }
