"""The office over REST, from empty tables to a published schedule and a breakdown, by two people."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

MONDAY = date(2027, 1, 4)
PRODUCTS = "id,family,scrap\nP1,red,0.02\nP2,blue,0\n"
MACHINES = "id,work_centre,calendar\nM1,mill,two\nM2,mill,two\nL1,lab,two\n"
CALENDAR = "resource,weekday,from,to,break\n" + "".join(
    f"two,{day},{begin},{end},{pause}\n"
    for day in ("mon", "tue", "wed", "thu", "fri")
    for begin, end, pause in (("06:00", "14:00", "10:00-10:30"), ("14:00", "22:00", "18:00-18:30"))
)
ROUTINGS = "product,op,after,work_centre,run_s,skill,role,accepts\n" + "".join(
    f"{product},mill,,mill,{run},miller,operator,quality\n{product},test,mill,lab,20,,quality,\n"
    for product, run in (("P1", 60), ("P2", 48))
)
PEOPLE = "id,skill,level\n" + "".join(f"{each},miller,2\n" for each in range(4))
SETUP = "work_centre,from,to,min\nmill,red,blue,20\nmill,blue,red,15\n"
ORDERS = "id,product,qty,due,priority\n" + "".join(
    f"A{each},P{each % 2 + 1},{60 + each % 5 * 20},{MONDAY + timedelta(days=each % 5)},{each % 9 + 1}\n"
    for each in range(12)
)
HISTORY = "product,date,qty\n" + "".join(
    f"P1,{MONDAY - timedelta(weeks=26 - each)},{100 + each % 4 * 10}\n" for each in range(26)
)
ALL = (
    ("calendar", CALENDAR), ("products", PRODUCTS), ("machines", MACHINES), ("setup", SETUP),
    ("people", PEOPLE), ("routings", ROUTINGS), ("orders", ORDERS), ("history", HISTORY),
)  # fmt: skip
BEN = {"x-person": "ben"}


async def sent(office: httpx.AsyncClient, table: str, content: str, purpose: str = "keep") -> Any:
    """Send a file and return its job once it is over."""
    asked = await office.post(
        f"/tables/{table}/imports?file={table}.csv&purpose={purpose}", content=content.encode()
    )
    assert asked.status_code == 202, asked.text
    return await over(office, f"/tables/imports/{asked.json()['id']}")


async def over(office: httpx.AsyncClient, path: str) -> Any:
    while True:
        job = (await office.get(path)).json()
        if job["state"] != "running":
            return job
        await asyncio.sleep(0.02)


async def done(office: httpx.AsyncClient, path: str, body: Any = None, **more: Any) -> Any:
    answer = await office.post(path, json=body or {}, **more)
    assert answer.is_success, answer.text
    return answer.json()


async def filled(office: httpx.AsyncClient) -> None:
    for table, content in ALL:
        job = await sent(office, table, content)
        assert job["state"] == "done", job
    for product in ("P1", "P2"):
        await done(office, f"/routings/{product}/versions/1/submit")
        await done(office, f"/routings/{product}/versions/1/approve", headers=BEN)


async def approved_plan(office: httpx.AsyncClient) -> int:
    plan = await done(office, "/plans", {"weeks": 2})
    number: int = plan["id"]
    plan = await done(office, f"/plans/{number}/check")
    for gap in plan["gaps"]:
        remedy = gap["remedies"][0]["kind"]
        decision = {"gap": gap["id"], "remedy": remedy, "reason": "agreed at the stand-up"}
        await done(office, f"/plans/{number}/decisions", decision)
    await done(office, f"/plans/{number}/approve", headers=BEN)
    return number


async def searched(office: httpx.AsyncClient, cause: str = "new order") -> int:
    job = await done(office, "/schedules/searches", {"cause": cause, "seconds": 0.5})
    job = await over(office, f"/schedules/searches/{job['id']}")
    assert job["state"] == "done", job
    version: int = job["version"]
    return version


async def test_from_files_to_a_published_schedule_and_a_breakdown(
    office: httpx.AsyncClient,
) -> None:
    await filled(office)
    number = await approved_plan(office)
    made = await done(office, f"/plans/{number}/release")
    assert len(made["items"]) == 12
    assert (await done(office, f"/plans/{number}/release"))["items"] == []
    version = await searched(office)
    refused = await office.post(f"/schedules/{version}/publish")
    assert refused.status_code == 409
    refused = await office.post(f"/schedules/{version}/approve")
    assert "somebody else must approve it" in refused.json()["detail"]
    await done(office, f"/schedules/{version}/approve", headers=BEN)
    await done(office, f"/schedules/{version}/publish", headers=BEN)
    board = (await office.get("/schedules/board")).json()
    assert board["faults"] == []
    assert len(board["bars"]) == 24
    assert board["unplanned"] == []
    assert {lane["machine"] for lane in board["lanes"]} == {"M1", "M2", "L1"}
    assert set(board["schedule"]["p_on_time"]) == {f"W-A{each}" for each in range(12)}

    shifted = await done(office, "/schedules/breakdowns", {"machine": "M1", "minutes": 240})
    assert shifted["state"] == "proposed"
    down = [each for each in shifted["jobs"] if each["machine"] == "M1"]
    until = shifted["down"][0]["until_at_min"]
    begun = shifted["down"][0]["from_at_min"]
    assert all(not begun < each["start_at_min"] < until for each in down)
    again = await searched(office, "breakdown")
    better = (await office.get(f"/schedules/board?version={again}")).json()
    assert better["faults"] == []
    assert better["schedule"]["cost"] <= shifted["cost"] + 1e-6
    diff = (await office.get(f"/schedules/diff?old={version}&new={again}")).json()
    assert diff["moves"]


async def test_a_drag_is_judged_at_once_and_kept_only_where_it_fits(
    office: httpx.AsyncClient,
) -> None:
    await filled(office)
    await done(office, f"/plans/{await approved_plan(office)}/release")
    version = await searched(office)
    board = (await office.get(f"/schedules/board?version={version}")).json()
    one, other = [bar["job"] for bar in board["bars"] if bar["job"]["machine"] == "M1"][:2]
    onto = {"job": one["id"], "machine": "M1", "start_at_min": other["start_at_min"]}
    judged = await done(office, f"/schedules/{version}/drag", onto)
    assert any("overlap" in fault or one["id"] in fault for fault in judged["faults"])
    refused = await office.post(f"/schedules/{version}/move", json=onto)
    assert refused.status_code == 409
    assert one["id"] in refused.json()["detail"]
    last = max(bar["job"]["end_at_min"] for bar in board["bars"])
    after = {"job": _last_step(board), "machine": "L1", "start_at_min": _next_morning(last)}
    moved = await done(office, f"/schedules/{version}/move", after)
    assert moved["pins"] == [after | {"by": "anna"}]
    assert (await office.get(f"/schedules/board?version={moved['version']}")).json()["faults"] == []


def _last_step(board: dict[str, Any]) -> str:
    tests = [bar["job"] for bar in board["bars"] if bar["job"]["op"] == "test"]
    name: str = max(tests, key=lambda job: job["end_at_min"])["id"]
    return name


def _next_morning(minute: int) -> int:
    """Return the first 07:00 in the plant on a weekday after a UTC minute in the winter of 2027."""
    day = minute // 1440 + 1
    while (day + 3) % 7 > 4:
        day += 1
    return day * 1440 + 6 * 60


async def test_a_file_with_mistakes_keeps_nothing_and_names_each(office: httpx.AsyncClient) -> None:
    await sent(office, "products", PRODUCTS)
    wrong = "id,product,qty,due\nA1,P1,5,31/02/2027\nA2,P9,-1,2027-01-04\n"
    job = await sent(office, "orders", wrong)
    assert job["state"] == "refused"
    assert [(each["where"], each["column"]) for each in job["mistakes"]] == [
        ("orders.csv:2", "due"), ("orders.csv:3", "product"), ("orders.csv:3", "qty"),
    ]  # fmt: skip
    assert (await office.get("/demand")).json()["items"] == []


async def test_a_dry_run_counts_and_keeps_nothing_and_a_second_import_changes_nothing(
    office: httpx.AsyncClient,
) -> None:
    tried = await sent(office, "products", PRODUCTS, "try")
    assert (tried["added"], tried["state"]) == (2, "done")
    assert (await sent(office, "products", PRODUCTS))["added"] == 2
    again = await sent(office, "products", PRODUCTS.replace("0.02", "0.03"))
    assert (again["added"], again["changed"], again["same"]) == (0, 1, 1)
    kept = (await office.get("/tables/products/rows")).text
    assert kept.splitlines()[1] == "P1,pcs,red,0.03"


@pytest.mark.parametrize("table", [name for name, _ in ALL])
async def test_what_is_exported_is_what_was_imported(office: httpx.AsyncClient, table: str) -> None:
    for name, content in ALL:
        await sent(office, name, content)
    for kind in ("csv", "xlsx"):
        kept = (await office.get(f"/tables/{table}/rows?format={kind}")).content
        asked = await office.post(
            f"/tables/{table}/imports?file={table}.{kind}&purpose=keep", content=kept
        )
        job = await over(office, f"/tables/imports/{asked.json()['id']}")
        assert (job["state"], job["added"], job["changed"]) == ("done", 0, 0), job


async def test_a_forecast_is_made_overridden_with_a_reason_and_accepted_by_somebody(
    office: httpx.AsyncClient,
) -> None:
    await sent(office, "products", PRODUCTS)
    await sent(office, "history", HISTORY)
    run = await done(office, "/forecasts/P1")
    assert len(run["weeks"]) == 12
    assert not run["weak"]
    week = run["weeks"][0]
    refused = await office.post(
        "/forecasts/P1/overrides", json={"week": "2027-01-05", "qty": 5, "reason": "because"}
    )
    assert refused.status_code == 422
    run = await done(
        office, "/forecasts/P1/overrides", {"week": week, "qty": 900, "reason": "trade fair"}
    )
    assert run["overrides"][0]["by"] == "anna"
    await done(office, "/forecasts/P1/accept")
    plan = await done(office, "/plans", {"weeks": 1, "opening": {"P1": 100}})
    (line,) = plan["lines"]
    assert (line["demand"], line["opening"], line["output"]) == (900, 100, 800)


async def test_a_plan_with_an_undecided_gap_is_not_approved(office: httpx.AsyncClient) -> None:
    await filled(office)
    much = "id,product,qty,due\nBIG,P1,20000,2027-01-08\n"
    await sent(office, "orders", much)
    plan = await done(office, "/plans", {"weeks": 1})
    plan = await done(office, f"/plans/{plan['id']}/check")
    assert plan["gaps"]
    refused = await office.post(f"/plans/{plan['id']}/approve", headers=BEN)
    assert refused.status_code == 409
    assert "undecided" in refused.json()["detail"]


async def test_a_routing_is_refused_by_the_name_of_each_flaw(office: httpx.AsyncClient) -> None:
    await sent(office, "products", PRODUCTS)
    steps = [
        {"op": "a", "work_centre": "mill", "after": ["b"], "role": ""},
        {"op": "b", "work_centre": "mill", "after": ["a"], "role": "operator"},
    ]
    view = await done(office, "/routings/P1/versions", {"operations": steps})
    assert view["map"] is None
    assert {"cycle", "no role", "no machine"} <= {each["kind"] for each in view["flaws"]}
    refused = await office.post("/routings/P1/versions/1/submit")
    assert refused.status_code == 422
    assert "circle" in refused.json()["detail"]
