"""The alarm routes: answers as documented, refusals as problems."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.clock import ManualClock
from tests.peers.web_client import mismatch, openapi, rest
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(app) as client:
        yield client


def schema(app: FastAPI, path: str, method: str = "get") -> Any:
    responses = openapi(app)["paths"][f"/api/v1/alarms{path}"][method]["responses"]
    return responses["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("", ""),
        ("?letter=B&asset=plant/bottling&retained=false&limit=1", ""),
        ("/1", "/{number}"),
        ("/1/events", "/{number}/events"),
        ("/events?after=0", "/events"),
    ],
)
async def test_what_is_read_is_as_documented(
    app: FastAPI, client: httpx.AsyncClient, asked: str, path: str
) -> None:
    answer = await client.get(f"/api/v1/alarms{asked}")
    assert answer.status_code == 200, answer.text
    assert mismatch(answer.json(), schema(app, path), openapi(app)) == ""
    assert answer.json().get("items", [1])


async def test_figures_are_as_documented(app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/alarm-metrics?operators=2")
    assert answer.status_code == 200, answer.text
    operation = openapi(app)["paths"]["/api/v1/alarm-metrics"]["get"]
    wanted = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert mismatch(answer.json(), wanted, openapi(app)) == ""
    assert answer.json()["raised"] == 1


@pytest.mark.parametrize(
    ("action", "body", "letter"),
    [
        ("acknowledge", None, "C"),
        ("acknowledge", {"reason": "coming"}, "C"),
        ("shelve", {"reason": "noise", "how": "one_shot"}, "G"),
        ("shelve", {"reason": "noise", "for_s": 60}, "G"),
        ("suppress", {"reason": "cleaning"}, "H"),
        ("out-of-service", {"reason": "calibration"}, "I"),
    ],
)
async def test_an_answer_moves_the_alarm_and_is_in_its_journal(
    app: FastAPI, client: httpx.AsyncClient, action: str, body: dict[str, Any] | None, letter: str
) -> None:
    answer = await client.post(f"/api/v1/alarms/1/{action}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["letter"] == letter
    assert mismatch(answer.json(), schema(app, "/{number}/" + action, "post"), openapi(app)) == ""
    last = (await client.get("/api/v1/alarms/1/events")).json()["items"][-1]
    assert (last["after"], last["by"]) == (letter, "local")
    assert last["reason"] == (body or {}).get("reason", "")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/1/reset", None, 409),
        ("/1/confirm", None, 409),
        ("/1/shelve", {}, 422),
        ("/1/shelve", {"reason": " "}, 422),
        ("/1/shelve", {"reason": "x", "for_s": -1}, 422),
        ("/1/unshelve", None, 409),
        ("/1/unsuppress", {"reason": "x"}, 409),
        ("/1/in-service", {"reason": "x"}, 409),
        ("/1/suppress", None, 422),
        ("/9/acknowledge", None, 404),
    ],
)
async def test_what_is_not_valid_is_a_problem(
    client: httpx.AsyncClient, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = await client.post(f"/api/v1/alarms{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
