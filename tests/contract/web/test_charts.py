"""The routes of control charts answer as documented, over the demo plant's history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.clock import ManualClock
from tests.peers.web_charts import CHART, SIGNAL
from tests.peers.web_client import mismatch, openapi, rest
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    DemoPlant(plant).prepare(past_s=300)
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(app) as client:
        yield client


def problem(app: FastAPI, path: str, answer: Any) -> str:
    root = openapi(app)
    responses = root["paths"][f"/api/v1{path}"]["get"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    return mismatch(answer, schema, root)


async def test_charts_are_listed_by_asset(app: FastAPI, client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/charts")).json()
    assert problem(app, "/charts", found) == ""
    (one,) = found["items"]
    assert (one["signal"], one["phase"], one["kind"]) == (SIGNAL, "monitoring", "i_mr")
    assert one["limits"]["origin"] == "configured"
    machine = SIGNAL.rpartition("/")[0]
    assert (await client.get("/api/v1/charts", params={"asset": machine})).json() == found
    none = await client.get("/api/v1/charts", params={"asset": machine[:-1]})
    assert none.json()["items"] == []


async def test_a_chart_has_points_panels_and_capability(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/api/v1/charts/drift", params={"signal": SIGNAL})
    assert answer.status_code == 200, answer.text
    chart = answer.json()
    assert problem(app, "/charts/{rule_id}", chart) == ""
    count = len(chart["points"]["number"])
    assert count > 200
    names = [panel["name"] for panel in chart["panels"]]
    assert names == ["individuals", "moving range", "EWMA", "CUSUM high", "CUSUM low"]
    for panel in chart["panels"]:
        assert {len(panel[name]) for name in ("value", "lower", "centre", "upper")} == {count}
    main = chart["panels"][0]
    for n in range(count):
        outside = not main["lower"][n] <= main["value"][n] <= main["upper"][n]
        assert outside == ("N1" in chart["points"]["hits"][n])
    capability = chart["capability"]
    fired = any(chart["points"]["hits"])
    shown = {index["name"] for index in capability["indices"]}
    assert shown == ({"Pp", "Ppk"} if fired else {"Cp", "Cpk", "Cpm", "Pp", "Ppk"})
    assert bool(capability["refused"]) == fired
    assert (capability["lower"], capability["upper"]) == (CHART["lower_spec"], CHART["upper_spec"])


async def test_what_is_not_there_is_refused(client: httpx.AsyncClient) -> None:
    for path, signal in (
        ("gone", SIGNAL),
        ("drift", SIGNAL[:-1]),
        ("drift", SIGNAL.replace("fill_weight", "speed")),
    ):
        answer = await client.get(f"/api/v1/charts/{path}", params={"signal": signal})
        assert answer.status_code == 404, answer.text
    sided = {"signal": SIGNAL, "side": "cavity 9"}
    assert (await client.get("/api/v1/charts/drift", params=sided)).status_code == 404


async def test_limits_are_proposed_and_decided(app: FastAPI, client: httpx.AsyncClient) -> None:
    window = {"from": 1767243600000, "to": "2026-01-01T07:00:00Z", "reason": "New nozzle."}
    place = "/api/v1/charts/drift/baselines"
    made = await client.post(place, params={"signal": SIGNAL}, json=window)
    assert made.status_code == 201, made.text
    listed = (await client.get(place)).json()
    assert problem(app, "/charts/{rule_id}/baselines", listed) == ""
    assert listed["items"][0]["state"] == "proposed"
    own = await client.post("/api/v1/chart-baselines/1/approve", json={"reason": "Fine."})
    assert own.status_code == 422
    assert "somebody else" in own.json()["detail"]
    refused = await client.post("/api/v1/chart-baselines/1/reject", json={"reason": "Too wide."})
    assert refused.json()["state"] == "rejected"
    again = await client.post("/api/v1/chart-baselines/1/reject", json={"reason": "Too wide."})
    assert again.status_code == 409
    gone = await client.post("/api/v1/chart-baselines/9/reject", json={"reason": "Too wide."})
    assert gone.status_code == 404
    wrong = await client.post(place, params={"signal": SIGNAL}, json=window | {"to": "yesterday"})
    assert wrong.status_code == 422
