"""Work orders over REST: who may ask and who may work, in which zone, and what two people at once are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.access.rights import Grant, Role
from tests.peers.access import House, house

FILLER = "plant/bottling/line1/filler"
ORDERS = "/api/v1/maintenance/orders"


@pytest.fixture
async def home(tmp_path: Path):
    async with house(tmp_path) as opened:
        await opened.person("otto", Grant(Role.OPERATOR, "plant/bottling/line1"))
        await opened.person("ben", Grant(Role.MAINTENANCE, "plant/bottling/line1"))
        yield opened


def new(**more: Any) -> dict[str, Any]:
    return {"title": "Door rattles", "asset": FILLER} | more


async def test_an_operator_asks_in_the_own_zone_and_opens_nothing(home: House) -> None:
    async with home.signed_in("otto") as otto:
        asked = await otto.post(ORDERS, json=new())
        assert asked.status_code == 201, asked.text
        assert (asked.json()["state"], asked.json()["created_by"]) == ("requested", "otto")
        number = asked.json()["number"]
        assert (await otto.post(ORDERS, json=new(kind="corrective"))).status_code == 403
        elsewhere = new(asset="plant/bottling/line2/filler")
        assert (await otto.post(ORDERS, json=elsewhere)).status_code == 403
        body = {"version": 1, "note": ""}
        assert (await otto.post(f"{ORDERS}/{number}/act/approve", json=body)).status_code == 403
        ticked = await otto.post(f"{ORDERS}/1/checklist/0", json={"done": True})
        assert ticked.json()["checklist"][0]["by"] == "otto"


async def test_maintenance_works_on_an_order_to_its_end(home: House) -> None:
    async with home.signed_in("ben") as ben:
        order = (await ben.post(ORDERS, json=new(kind="corrective", checklist=["Oil"]))).json()
        at, version = f"{ORDERS}/{order['number']}", order["version"]
        moved = await ben.post(f"{at}/act/start", json={"version": version})
        assert moved.json()["state"] == "in_progress"
        late = await ben.post(f"{at}/act/hold", json={"version": version, "note": "x"})
        assert late.status_code == 409
        changed = await ben.patch(at, json={"version": version + 1, "priority": "high"})
        assert changed.json()["priority"] == "high"
        assert (await ben.post(f"{at}/labour", json={"minutes": 20})).json()["labour"][0][
            "person"
        ] == "ben"
        assert (
            await ben.post(f"{at}/parts", json={"part": "oil", "quantity": 1})
        ).status_code == 200
        assert (await ben.post(f"{at}/notes", json={"text": "Ordered."})).status_code == 200
        now = (await ben.get(at)).json()
        down = {"version": now["version"], "start_ms": now["created_ms"]}
        assert (await ben.put(f"{at}/downtime", json=down)).json()["downtime_end_ms"] is None
        events = (await ben.get(f"{at}/events")).json()["items"]
        assert [each["action"] for each in events] == [
            *("opened", "start", "changed", "labour", "parts", "noted", "downtime")
        ]
        wrong = await ben.post(f"{at}/act/fly", json={"version": 1})
        assert wrong.status_code == 422
        assert (await ben.get(f"{ORDERS}/999")).status_code == 404


async def test_lists_are_filtered_and_files_go_out_and_in(home: House) -> None:
    async with home.signed_in("ben") as ben:
        found = (await ben.get(ORDERS, params={"state": ["open", "requested"]})).json()["items"]
        assert [each["number"] for each in found] == [3, 2]
        page = (await ben.get(ORDERS, params={"limit": 1})).json()
        assert page["next_before"] == 3
        file = await ben.get(f"{ORDERS}/export", params={"text": "valve"})
        assert file.headers["content-type"] == "text/csv; charset=utf-8"
        assert file.text.splitlines()[1].startswith("taktline-plant-1,Replace valve 3")
        zone_only = await ben.post(f"{ORDERS}/import", content=b"x")
        assert zone_only.status_code == 403, "a whole file is for who maintains the whole plant"
    async with home.signed_in("root") as root:
        refused = await root.post(f"{ORDERS}/import", params={"name": "o.csv"}, content=b"key\nx")
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {"where": "o.csv:1 headings", "what": "", "wanted": "not read here"}
        ]
        dry = await root.post(f"{ORDERS}/import", params={"dry_run": True}, content=b"key\nx")
        assert dry.json()["mistakes"] == ["orders.csv:1 headings: not read here"]
    async with home.signed_in("otto") as otto:
        span = {"from": 0, "to": 4e12}
        figures = (await otto.get("/api/v1/maintenance/reliability", params=span)).json()
        assert (figures["failures"], figures["operating_s"]) == (0, 72_000.0)
        triggers = (await otto.get("/api/v1/maintenance/triggers")).json()["items"]
        assert triggers[0]["trigger"] == "filler-500h"
