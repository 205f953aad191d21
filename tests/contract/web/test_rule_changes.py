"""Rules changed by REST: the revision they were made from, who may, mistakes by their place, and back again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.rights import Grant, Role
from gateway.clock import ManualClock
from tests.peers.access import house
from tests.peers.web_client import mismatch, openapi, rest
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_rules import CASE
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

RULE = "/api/v1/rules/fill_weight_high"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    DemoPlant(plant).prepare(past_s=60)
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(app) as client:
        yield client


def body(settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"settings": settings, "reason": "fewer false alarms", **more}


async def test_a_rule_is_read_changed_and_taken_back(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    read = await client.get(RULE)
    root = openapi(app)
    schema = root["paths"]["/api/v1/rules/{rule_id}"]["get"]["responses"]["200"]
    assert mismatch(read.json(), schema["content"]["application/json"]["schema"], root) == ""
    assert read.headers["etag"] == '"2"'
    settings = read.json()["settings"]
    match = {"if-match": read.headers["etag"]}
    changed = await client.put(RULE, json=body(settings | {"high": 512.5}), headers=match)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["settings"]["high"], changed.headers["etag"]) == (512.5, '"3"')
    assert changed.json()["origin"] == "people"
    kept = (await client.get(f"{RULE}/versions")).json()["items"]
    assert (kept[0]["revision"], kept[0]["reason"]) == (3, "fewer false alarms")
    late = await client.put(RULE, json=body(settings | {"high": 513}), headers=match)
    assert late.status_code == 412
    assert "revision 3 now" in late.json()["detail"]
    unnamed = await client.put(RULE, json=body(settings))
    assert unnamed.status_code == 428
    back = await client.post(
        f"{RULE}/take-back", json={"to": 1, "reason": "as before"}, headers={"if-match": '"3"'}
    )
    assert back.status_code == 200, back.text
    assert back.json()["settings"]["on_delay_s"] == 1.0


async def test_mistakes_and_failing_cases_are_named(client: httpx.AsyncClient) -> None:
    settings = (await client.get(RULE)).json()["settings"]
    match = {"if-match": '"2"'}
    wrong = settings | {"high": "much", "dedband": 1}
    refused = await client.put(RULE, json=body(wrong), headers=match)
    assert refused.status_code == 422
    errors = {one["where"]: one["wanted"] for one in refused.json()["errors"]}
    assert set(errors) == {"high", "dedband"}
    assert errors["dedband"] == "deadband?"
    deaf = settings | {"high": 99_999.0}
    refused = await client.put(RULE, json=body(deaf), headers=match)
    assert [one["where"] for one in refused.json()["errors"]] == [f"tests.{CASE}"]
    taken = await client.put(RULE, json=body(deaf, despite=[CASE]), headers=match)
    assert taken.status_code == 200, taken.text
    for value in ("*", '"x"'):
        odd = await client.put(RULE, json=body(settings), headers={"if-match": value})
        assert odd.status_code == 422


async def test_a_rule_is_changed_by_who_answers_for_what_it_watches(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.person("line", Grant(Role.QUALITY, "plant/bottling/line1"))
        await home.person("other", Grant(Role.QUALITY, "plant/machining"))
        await home.person("boss", Grant(Role.SUPERVISOR))
        match = {"if-match": '"2"'}
        async with home.signed_in("boss") as boss, home.signed_in("other") as other:
            settings = (await boss.get(RULE)).json()["settings"] | {"high": 512.5}
            for client in (boss, other):
                refused = await client.put(RULE, json=body(settings), headers=match)
                assert refused.status_code == 403
        async with home.signed_in("line") as line:
            wider = settings | {"signals": ["plant/**"]}
            assert (await line.put(RULE, json=body(wider), headers=match)).status_code == 403
            home.audit.broken = True
            assert (await line.put(RULE, json=body(settings), headers=match)).status_code == 503
            home.audit.broken = False
            assert (await line.get(RULE)).json()["revision"] == 2
            made = await line.put(RULE, json=body(settings), headers=match)
            assert made.status_code == 200, made.text
        asked = [(one.actor, one.outcome.value) for one in home.audit.entries if one.target == RULE]
        assert asked[-1] == ("line", "asked")
