"""The backtest routes: a job from its start to its report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.clock import ManualClock
from tests.peers.web_alarms import EXAMPLE
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


def body(client_now_ms: float, **changes: Any) -> dict[str, Any]:
    told = {"rule": "fill_weight_high", "from": client_now_ms - 3_600_000, "to": client_now_ms}
    return told | changes


async def test_a_backtest_runs_to_its_report(app: FastAPI, client: httpx.AsyncClient) -> None:
    now_ms = (await client.get("/api/v1/plant")).json()["server_time_ms"]
    asked = body(
        now_ms, changes={"high": 480}, sweep="parameter", parameter="high", values=[490, 999]
    )
    answer = await client.post("/api/v1/backtests", json=asked)
    assert answer.status_code == 202, answer.text
    place = answer.headers["location"]
    async with asyncio.timeout(10):
        while (job := (await client.get(place)).json())["state"] in {"waiting", "running"}:  # noqa: ASYNC110 - jobs are asked for
            await asyncio.sleep(0.01)
    assert job["state"] == "done", job["error"]
    root = openapi(app)
    operation = root["paths"]["/api/v1/backtests/{backtest_id}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert mismatch(job, schema, root) == ""
    assert job["report"]["rows"] > 0
    assert job["report"]["outcome"]["alarms"] > 0
    assert job["report"]["curve"][1]["alarms"] == 0
    assert job["report"]["alarms"][0]["signal"] == EXAMPLE.signal
    listed = (await client.get("/api/v1/backtests")).json()["items"]
    assert [(each["id"], each["report"]) for each in listed] == [(job["id"], None)]
    assert (await client.delete(place)).json()["state"] == "done"


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "gone"},
        {"changes": {"hihg": 1}},
        {"to": 0},
        {"sweep": "parameter", "parameter": "high", "values": []},
        {"values": [1.0] * 30},
        {"shift_starts": []},
    ],
)
async def test_what_cannot_be_tried_is_a_problem(
    client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await client.post("/api/v1/backtests", json=body(1_767_247_200_000, **changes))
    assert answer.status_code == 422, answer.text
    assert (await client.get("/api/v1/backtests/none")).status_code == 404
