"""Corrective action over REST, on a real store: versions, rights of closing, files that nothing runs, exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gateway.store import Store
from tests.peers.cases import BEN, CLARA, CaseBench
from tests.peers.web_client import rest
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[CaseBench]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield await CaseBench(store).open()
    await store.close()


@pytest.fixture
async def client(bench: CaseBench, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    plant = memory_plant(folder=tmp_path)
    services = replace(plant.services, issues=bench.desk, cases=bench.office, clock=bench.clock)
    app = create_app(services, WebOptions(sign_in=SignIn.OFF))
    async with rest(app) as made:
        yield made


async def test_of_two_editors_one_is_told_what_changed(
    bench: CaseBench, client: httpx.AsyncClient
) -> None:
    number = await bench.spell()
    path = f"/api/v1/issues/{number}/case"
    seen = (await client.get(path)).json()["issue"]["version"]
    one = await client.patch(path, json={"version": seen, "fields": {"problem.what": "A leak"}})
    assert one.json()["fields"] == {"problem.what": "A leak"}
    two = await client.patch(path, json={"version": seen, "fields": {"problem.what": "A drip"}})
    assert two.status_code == 409
    assert "local changed problem.what" in two.json()["detail"]
    wrong = await client.patch(path, json={"version": seen + 1, "fields": {"problem.whom": "x"}})
    assert wrong.status_code == 422
    assert "problem.whom" in wrong.json()["detail"]


async def test_closing_has_its_own_route_and_gate(
    bench: CaseBench, client: httpx.AsyncClient
) -> None:
    number = await bench.to_verifying()
    base = f"/api/v1/issues/{number}"
    around = await client.post(f"{base}/moves", json={"action": "advance"})
    assert (around.status_code, "may verify" in around.json()["detail"]) == (409, True)
    early = await client.post(f"{base}/close", json={})
    assert (early.status_code, "cannot leave verifying" in early.json()["detail"]) == (409, True)
    back = await client.post(f"{base}/moves", json={"action": "send_back", "reason": "not yet"})
    assert back.json()["issue"]["state"] == "implemented"
    assert back.json()["verifications"][0]["state"] == "withdrawn"
    for by in (BEN, CLARA):
        assert by.name != (await bench.desk.get(number)).owner


async def test_a_file_comes_back_for_saving_only(
    bench: CaseBench, client: httpx.AsyncClient
) -> None:
    number = await bench.spell()
    base = f"/api/v1/issues/{number}/attachments"
    made = await client.post(f"{base}?name=seal.png", content=PNG)
    assert made.status_code == 201
    file = await client.get(f"{base}/1")
    assert file.content == PNG
    assert file.headers["content-type"] == "image/png"
    assert file.headers["content-disposition"] == 'attachment; filename="seal.png"'
    assert "sandbox" in file.headers["content-security-policy"]
    assert "default-src 'none'" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
    refused = await client.post(f"{base}?name=x.html", content=b"<html>")
    assert refused.status_code == 422
    large = await client.post(f"{base}?name=l.txt", content=b"a" * 10_000_001)
    assert large.status_code in {413, 422}


async def test_paper_json_learning_and_own_work(
    bench: CaseBench, client: httpx.AsyncClient
) -> None:
    number = await bench.to_root_cause()
    assert (await client.get(f"/api/v1/issues/{number}/report.pdf")).content.startswith(b"%PDF")
    whole = (await client.get(f"/api/v1/issues/{number}/report.json")).json()
    assert whole["events"][0]["action"] == "opened"
    assert whole["case"]["context"]["product"] == ""
    found = (await client.get("/api/v1/learning?from=2026-01-01T00:00:00Z&by=type")).json()
    assert [bar["name"] for bar in found["bars"]] == ["quality"]
    assert (await client.get("/api/v1/learning?by=person")).status_code == 422
    assert (await client.get("/api/v1/my-work")).json()["name"] == "local"
    assert (await client.get("/api/v1/practices")).json() == {"items": []}
    suggested = await client.get(f"/api/v1/issues/{number}/proof/baseline?template=no_recurrence")
    assert suggested.json()["settings"]["events"] == 1
