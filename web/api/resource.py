"""How a resource's routes are made: below /api/v1, named for the document, and never without a decision on who asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from web.auth import authorize

ROOT: Final = "/api/v1"


class Resource(APIRouter):
    """Routes that `authorize` decides on before anything else, by what they or their resource declare.

    They are complete where they are made: of routers that are included with a prefix or dependencies, FastAPI builds
    every route a second time in each application, and looks for the route of a request through all of them.
    """

    def __init__(
        self,
        *,
        tags: Sequence[str],
        prefix: str = "",
        dependencies: Sequence[Any] = (),
        root: str = ROOT,
    ) -> None:
        super().__init__(
            prefix=f"{root}{prefix}",
            tags=[*tags],
            dependencies=[Depends(authorize), *dependencies],
            generate_unique_id_function=_operation_id,
        )


def _operation_id(route: APIRoute) -> str:
    return route.name
