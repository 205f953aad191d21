"""The routes of explanations and rule versions answer as documented."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.clock import ManualClock
from tests.peers.web_client import mismatch, openapi, rest
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    DemoPlant(plant).prepare(past_s=60)
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(app) as client:
        yield client


async def test_an_explanation_and_versions_are_as_documented(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    root = openapi(app)
    rule = (await client.get("/api/v1/rules")).json()["items"][0]["id"]
    for path, template in (
        ("/issues/2/explanation", "/issues/{number}/explanation"),
        (f"/rules/{rule}/versions", "/rules/{rule_id}/versions"),
    ):
        answer = await client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        responses = root["paths"][f"/api/v1{template}"]["get"]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]
        assert mismatch(answer.json(), schema, root) == ""
    assert (await client.get("/api/v1/issues/999/explanation")).status_code == 404
    assert (await client.get("/api/v1/issues/999/change-points")).status_code == 404
    assert (await client.get("/api/v1/rules/gone/versions")).status_code == 404
