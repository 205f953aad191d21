"""The routes of execution: what people of which role and zone may do at a station, and how refusals read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.clock import NS_PER_S, ManualClock
from gateway.issues import IssueDesk
from gateway.production.archive import Archive
from gateway.production.lifecycle import JobState
from gateway.store import Store
from tests.peers.shop_floor import fill, things
from tests.peers.web_execution import Floor, execution_over
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

EIGHT_NS = int(datetime(2027, 1, 4, 7, 0, tzinfo=UTC).timestamp()) * NS_PER_S
PEOPLE = {
    "otto": (Grant(Role.OPERATOR, "plant/cell"),),
    "olga": (Grant(Role.OPERATOR, "plant/other"),),
    "quinn": (Grant(Role.QUALITY),),
    "sam": (Grant(Role.SUPERVISOR),),
    "vera": (Grant(Role.VIEWER),),
}
COMMANDS = "/jobs/W-1/turn/commands"


def _as_people(app: FastAPI) -> ASGIApp:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        name = dict(scope["headers"]).get(b"x-person", b"sam").decode()
        scope["taktline.identity"] = Identity(name=name, kind="person", grants=PEOPLE[name])
        await app(scope, receive, send)

    return inner


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    clock = ManualClock(start_ns=EIGHT_NS)
    async with AsyncExitStack() as opened:
        store = await Store.open(f"sqlite:///{tmp_path}/state.db")
        opened.push_async_callback(store.close)
        plant = memory_plant(folder=tmp_path, clock=clock)
        floor = Floor(
            catalogue=plant.catalogue, latest=plant.store, presence=plant.presence,
            performance=plant.services.performance,
        )  # fmt: skip
        issues = await IssueDesk.open(store=store, history=plant.history, clock=clock)
        desk = execution_over(store, clock, floor, issues=issues, door=issues).desk
        await fill(Archive(store, clock=clock), things(EIGHT_NS // (60 * NS_PER_S)))
        services = replace(plant.services, execution=desk, issues=issues)
        app = create_app(services, WebOptions(sign_in=SignIn.OFF))
        await opened.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(_as_people(app))
        base = "http://localhost:8080/api/v1"
        yield await opened.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=base)
        )


def by(name: str) -> dict[str, str]:
    return {"x-person": name}


async def test_who_may_command_a_job_and_how_a_refusal_reads(client: httpx.AsyncClient) -> None:
    assert (await client.get("/stations", headers=by("vera"))).status_code == 200
    start = {"act": "start"}
    for name in ("olga", "quinn", "vera"):
        assert (await client.post(COMMANDS, json=start, headers=by(name))).status_code == 403, name
    ready = (await client.get("/jobs/W-1/turn/readiness")).json()
    assert [each["aspect"] for each in ready["checks"] if each["problem"]] == ["tool"]
    given = {"tool": "T-1", "people": ["201"], "lots": ["L-1"]}
    assert (await client.put("/jobs/W-1/turn/allocation", json=given)).status_code == 200
    assert (await client.get("/jobs/W-1/turn/readiness")).json()["ready"]
    begun = await client.post(COMMANDS, json=start, headers=by("otto"))
    assert (begun.status_code, begun.json()["state"]) == (200, JobState.RUNNING)
    old = await client.post(COMMANDS, json={"act": "finish", "version": 1}, headers=by("otto"))
    assert old.status_code == 409
    assert "changed meanwhile" in old.json()["detail"]
    done = {"act": "finish", "version": begun.json()["version"], "good": 250}
    assert (await client.post(COMMANDS, json=done, headers=by("otto"))).status_code == 200
    # The routing hands over to quality: the operator who made the pieces does not take them.
    refused = await client.post("/jobs/W-1/turn/acceptance", headers=by("otto"))
    assert refused.status_code == 403
    assert "only that role accepts it" in refused.json()["detail"]
    taken = await client.post("/jobs/W-1/turn/acceptance", headers=by("quinn"))
    assert taken.json()["accepted_by"] == "quinn"
    steps = (await client.get("/jobs/W-1/turn")).json()["steps"]
    assert [each["action"] for each in steps] == ["allocate", "start", "finish", "accept"]


async def test_a_held_machine_is_given_no_work_until_somebody_releases_it(
    client: httpx.AsyncClient,
) -> None:
    why = {"why": "first piece failed"}
    assert (await client.put("/stations/M2/hold", json=why, headers=by("quinn"))).status_code == 200
    refused = await client.post("/jobs/W-2/turn/commands", json={"act": "start"})
    assert refused.status_code == 409
    assert "given no work: first piece failed (quinn)" in refused.json()["detail"]
    assert (await client.get("/stations/M2")).json()["hold"]["by"] == "quinn"
    assert (await client.delete("/stations/M2/hold")).status_code == 204
    begun = await client.post("/jobs/W-2/turn/commands", json={"act": "start"})
    assert begun.json()["state"] == JobState.RUNNING
    assert (await client.put("/stations/M9/hold", json=why)).status_code == 404


async def test_what_a_supervisor_said_of_a_stop_an_operator_does_not_change(
    client: httpx.AsyncClient,
) -> None:
    at = {"start_ms": EIGHT_NS / 1e6 - 600_000, "end_ms": EIGHT_NS / 1e6 - 300_000}
    place = "/stations/M1/downtime"
    await client.get("/stations")
    said = await client.post(place, json=at | {"code": "jam"}, headers=by("otto"))
    assert (said.status_code, said.json()["standing"]) == (201, "entered")
    assert (await client.post(place, json=at | {"code": "breakdown"})).json()[
        "standing"
    ] == "approved"
    refused = await client.post(place, json=at | {"code": "jam"}, headers=by("otto"))
    assert refused.status_code == 403
    unknown = await client.post(place, json=at | {"code": "lunch"})
    assert unknown.status_code == 422
    assert "there are: no-material" in unknown.json()["detail"]
    span = f"?start_ms={EIGHT_NS / 1e6 - 3.6e6}&end_ms={EIGHT_NS / 1e6}"
    items = (await client.get(place + span)).json()["items"]
    assert [(each["code"], each["by"]) for each in items] == [("breakdown", "sam")]


async def test_a_call_is_an_issue_that_ends_with_it(client: httpx.AsyncClient) -> None:
    call = {"kind": "material", "note": "bars"}
    await client.get("/stations")
    raised = await client.post("/stations/M1/calls", json=call, headers=by("otto"))
    assert raised.status_code == 201, raised.text
    number = raised.json()["issue"]
    again = await client.post("/stations/M1/calls", json=call, headers=by("otto"))
    assert again.status_code == 409
    issue = (await client.get(f"/issues/{number}")).json()
    assert (issue["title"], issue["asset"], issue["explanation"]) == (
        "Material wanted at M1", "plant/cell/line1/m1", "otto: bars",
    )  # fmt: skip
    assert [e["kind"] for e in (await client.get("/stations/M1")).json()["calls"]] == ["material"]
    ended = await client.delete("/stations/M1/calls/material", headers=by("otto"))
    assert ended.status_code == 204
    issue = (await client.get(f"/issues/{number}")).json()
    assert (issue["state"], issue["active"]) == ("rejected", False)
    assert (await client.get("/stations/M1")).json()["calls"] == []
