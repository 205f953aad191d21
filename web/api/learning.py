"""What issues teach: Pareto, trends, backlog, practices; and what waits for whoever asks."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from gateway.access.rights import Right
from web.api.access import Use
from web.api.case_examples import HINT, LEARNING, MINE
from web.api.case_models import HintList, LearningDocument, MyWorkDocument
from web.api.docs import answers
from web.api.resource import Resource
from web.api.times import Range
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["issues"], dependencies=[needs(Right.ISSUE_READ)])

_BY: Final = "asset, product, shift, cause, type, rule or repeat"


@router.get("/my-work", response_model=MyWorkDocument, responses=answers(MINE))
async def my_work(services: Use, who: Who) -> Response:
    """Tell what waits for whoever asks: issues owned, actions, mentions."""
    found = document(await services.cases.my_work(who.name))
    return JsonResponse({"name": who.name, **found})


@router.get("/learning", response_model=LearningDocument, responses=answers(LEARNING))
async def get_learning(
    services: Use,
    span: Range,
    by: Annotated[str, Query(max_length=16, description=f"What bars are: {_BY}.")] = "asset",
) -> Response:
    """Tell where losses are, how fast issues are dealt with, and what to improve next."""
    found = await services.cases.learn(start_ns=span.start_ns, end_ns=span.end_ns, by=by)
    return JsonResponse(document(found))


@router.get("/practices", response_model=HintList, responses=answers({"items": [HINT]}))
async def list_practices(services: Use) -> Response:
    """Tell which practices the records show, with what set each off."""
    return JsonResponse({"items": [document(each) for each in await services.cases.hints()]})
