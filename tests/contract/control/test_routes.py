"""The routes of control before the real guard: who gets where, what answers look like, what the audit holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from gateway.access.rights import Grant, Role
from gateway.actuator import Actuator, Actuators
from gateway.audit.port import Wanted
from tests.peers.access import House, house
from tests.peers.control_house import MACHINE, SPEED, ControlHouse, control_house

COMMANDS = "/api/v1/control/commands"
OPERATIONS = "/api/v1/control/operations"


@asynccontextmanager
async def served(folder: Path, *names: str) -> AsyncIterator[tuple[House, ControlHouse]]:
    async with house(folder) as home, control_house(folder) as held:
        home.app.state.services = replace(home.plant.services, control=held.guard)
        for name, role in (
            ("anna", Role.OPERATOR),
            ("ben", Role.OPERATOR),
            ("chief", Role.SUPERVISOR),
        ):
            await home.person(name, Grant(role))
        yield home, held


async def select(client: httpx.AsyncClient, value: Any = 110) -> httpx.Response:
    return await client.post(f"{COMMANDS}/speed/select", json={"values": {"speed": value}})


async def operate(client: httpx.AsyncClient, made: Any, **more: Any) -> httpx.Response:
    body = {"nonce": made["nonce"], "expected": made["operation"]["present"], **more}
    return await client.post(f"{OPERATIONS}/{made['operation']['id']}/operate", json=body)


async def test_select_operate_and_what_stands_where_afterwards(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        listed = (await anna.get(f"/api/v1/control?machine={MACHINE}")).json()
        assert [each["name"] for each in listed["items"]] == ["speed", "packml", "recipe"]
        made = (await select(anna)).json()
        assert made["operation"]["state"] == "selected"
        done = await operate(anna, made)
        assert done.status_code == 200, done.text
        assert done.json()["state"] == "ok"
        assert (await operate(anna, made)).status_code == 409
        assert len(held.machine.sent) == 1
        page = (await anna.get(OPERATIONS, params={"machine": "plant"})).json()
        assert [each["state"] for each in page["items"]] == ["ok"]
        detail = (await anna.get(f"{OPERATIONS}/{made['operation']['id']}")).json()
        assert [each["state"] for each in detail["history"]] == ["selected", "sending", "ok"]
        # The audit of requests never holds a nonce.
        found = await home.office.audit.search(Wanted(limit=100))
        assert all(made["nonce"] not in each.entry.detail for each in found)


async def test_another_session_of_the_same_person_is_another_session(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as (home, held),
        home.signed_in("anna") as here,
        home.signed_in("anna") as there,
    ):
        made = (await select(here)).json()
        assert (await operate(there, made)).status_code == 403
        assert held.machine.sent == []
        assert (await operate(here, made)).status_code == 200


async def test_many_operates_at_once_reach_the_machine_once(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        made = (await select(anna)).json()
        answers = await asyncio.gather(*(operate(anna, made) for _ in range(10)))
        codes = sorted(each.status_code for each in answers)
        assert codes == [200] + [409] * 9
        assert len(held.machine.sent) == 1


BODIES: list[Any] = [
    {},
    {"values": {}},
    {"values": {"speed": [1]}},
    {"values": {"speed": None}},
    {"values": {"speed": 110}, "force": True},
    {"values": {f"s{n}": 1 for n in range(201)}},
    '{"values":{"speed":NaN}}',
    '{"values":{"speed":1e999}}',
    '{"values":{"speed":' + "9" * 5000 + "}}",
]


async def test_bodies_and_numbers_that_are_none_change_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        for body in BODIES:
            raw = body if isinstance(body, str) else json.dumps(body)
            answer = await anna.post(
                f"{COMMANDS}/speed/select",
                content=raw,
                headers={"content-type": "application/json"},
            )
            assert answer.status_code in {400, 422}, answer.text
        assert held.machine.sent == []


async def test_a_role_in_another_zone_a_viewer_and_nobody_write_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held):
        await home.person("other", Grant(Role.OPERATOR, "plant/bottling/line2"))
        await home.person("eve", Grant(Role.VIEWER))
        for name in ("other", "eve"):
            async with home.signed_in(name) as client:
                assert (await select(client)).status_code == 403
        async with home.client() as nobody:
            assert (await select(nobody)).status_code == 401
        async with home.signed_in("anna") as anna:
            del anna.headers["x-csrf-token"]
            assert (await select(anna)).status_code == 403
        assert held.machine.sent == []


async def test_a_foreign_page_cannot_operate(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        made = (await select(anna)).json()
        anna.headers["origin"] = "https://evil.example"
        assert (await operate(anna, made)).status_code == 403
        assert held.machine.sent == []


async def test_lock_out_and_kill_switch_by_rest(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "anna", "chief") as (home, held),
        home.signed_in("anna") as anna,
        home.signed_in("chief") as chief,
    ):
        lock, release = "/api/v1/control/lock", "/api/v1/control/release"
        why = {"why": "hand in the nozzle"}
        assert (await anna.post(lock, params={"machine": MACHINE}, json=why)).status_code == 403
        made = await chief.post(lock, params={"machine": MACHINE}, json=why)
        assert made.status_code == 201, made.text
        answer = await select(anna)
        assert (answer.status_code, "hand in the nozzle" in answer.text) == (409, True)
        assert (await chief.post(release, params={"machine": MACHINE}, json={})).status_code == 204
        assert (await chief.post(lock, json={"why": "storm"})).status_code == 201
        shown = (await anna.get("/api/v1/control")).json()
        assert "storm" in shown["off"]
        assert (await select(anna)).status_code == 409
        assert (await chief.post(release, json={})).status_code == 204
        assert (await select(anna)).status_code == 200
        assert (await chief.post(lock, params={"machine": "../x"}, json=why)).status_code == 422
        assert held.machine.sent == []


async def test_approval_by_rest_is_another_person_s(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "anna", "ben", "chief") as (home, held),
        home.signed_in("anna") as anna,
        home.signed_in("ben") as ben,
        home.signed_in("chief") as chief,
    ):
        body = {"values": {"speed": 110, "fill": 500}, "reason": "next order"}
        made = (await anna.post(f"{COMMANDS}/recipe/propose", json=body)).json()
        where = f"{OPERATIONS}/{made['id']}"
        assert (await ben.post(f"{where}/approve")).status_code == 403
        waiting = (await chief.get(OPERATIONS, params={"state": "proposed"})).json()["items"]
        assert [each["id"] for each in waiting] == [made["id"]]
        assert (await chief.post(f"{where}/approve")).json()["approved_by"] == "chief"
        body["proposal"] = made["id"]
        selected = (await anna.post(f"{COMMANDS}/recipe/select", json=body)).json()
        assert (await operate(anna, selected)).json()["state"] == "ok"
        assert len(held.machine.sent) == 1


async def test_a_service_s_token_may_only_propose(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.client() as client:
        client.headers["authorization"] = f"Bearer {await home.token(Grant(Role.SUPERVISOR))}"
        answer = await select(client)
        assert answer.status_code == 403
        assert "may only propose" in answer.text
        body = {"values": {"speed": 110}}
        assert (await client.post(f"{COMMANDS}/speed/propose", json=body)).status_code == 201
        assert held.machine.sent == []


async def test_an_audit_that_takes_nothing_lets_nobody_write(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        made = (await select(anna)).json()
        home.audit.broken = True
        assert (await operate(anna, made)).status_code == 503
        assert held.machine.sent == []
        home.audit.broken, held.audit.broken = False, True
        assert (await operate(anna, made)).status_code == 503
        assert held.machine.sent == []
        assert "audit" in (await anna.get("/api/v1/control")).json()["trouble"]


def test_no_port_of_the_web_side_writes_to_a_machine(tmp_path: Path) -> None:
    """What the page holds is the guard alone: nothing it is handed offers an actuator's verbs."""
    from tests.peers.web_services import memory_plant

    services = memory_plant(folder=tmp_path).services
    verbs = {name for name in vars(Actuator) if not name.startswith("_")} - {
        "ask",
        "check",
        "reads",
    }
    assert verbs == {"writes", "carry_out"}
    for name in type(services).__dataclass_fields__:
        port = getattr(services, name)
        offered = {each for each in dir(port) if each in {*verbs, "writer", "reader", "actuator"}}
        assert not offered, f"services.{name} offers {offered}"
    assert {name for name in vars(Actuators) if not name.startswith("_")} == {"writer", "reader"}


async def test_the_audit_names_the_machine_of_an_operate(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, held), home.signed_in("anna") as anna:
        made = (await select(anna)).json()
        await operate(anna, made)
        found = await held.audit.search(Wanted(action="control.operate"))
        assert [each.entry.target for each in found] == [f"{MACHINE}: speed"]
        assert SPEED in found[0].entry.detail
