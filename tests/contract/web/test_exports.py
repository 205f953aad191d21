"""Exports: started, watched, taken away, cancelled, and never more than are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.clock import ManualClock
from tests.peers.web_client import rest
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_services import MemoryPlant, memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

WANTED = {"signals": ["plant/bottling/line1/filler/speed"], "from": 0, "to": "2026-01-01T00:00:00Z"}


@pytest.fixture
def plant(tmp_path: Path) -> MemoryPlant:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    DemoPlant(plant).prepare(past_s=20)
    return plant


@pytest.fixture
async def client(plant: MemoryPlant) -> AsyncIterator[httpx.AsyncClient]:
    folder = plant.services.exports
    folder.mkdir()
    (folder / "export-0123456789abcdef.csv").write_text("left behind")
    (folder / "keep.csv").write_text("not ours")
    async with rest(
        create_app(plant.services, WebOptions(sign_in=SignIn.OFF, max_export_jobs=2))
    ) as client:
        yield client


async def _until(client: httpx.AsyncClient, key: str, state: str) -> dict[str, object]:
    async with asyncio.timeout(5):
        while True:
            job: dict[str, object] = (await client.get(f"/api/v1/exports/{key}")).json()
            if job["state"] == state:
                return job
            await asyncio.sleep(0.005)


async def test_a_range_becomes_a_file(plant: MemoryPlant, client: httpx.AsyncClient) -> None:
    started = await client.post("/api/v1/exports", json=WANTED)
    assert started.status_code == 202
    assert started.headers["location"] == f"/api/v1/exports/{started.json()['id']}"
    job = await _until(client, started.json()["id"], "done")
    assert job["rows_done"] == job["rows_total"] == 20
    file = await client.get(f"/api/v1/exports/{job['id']}/file")
    assert len(file.text.splitlines()) == 21
    assert len(file.content) == job["file_bytes"]
    assert "attachment" in file.headers["content-disposition"]
    assert (await client.delete(f"/api/v1/exports/{job['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/exports/{job['id']}")).status_code == 404
    assert [each.name for each in plant.services.exports.iterdir()] == ["keep.csv"]


async def test_a_failed_export_says_why(client: httpx.AsyncClient) -> None:
    started = await client.post("/api/v1/exports", json=WANTED | {"format": "parquet"})
    job = await _until(client, started.json()["id"], "failed")
    assert job["error"] == "no parquet from memory"
    assert (await client.get(f"/api/v1/exports/{job['id']}/file")).status_code == 409


async def test_a_defect_does_not_leave_an_export_running(
    plant: MemoryPlant, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plant.history, "_select", lambda *_: 1 / 0)
    started = await client.post("/api/v1/exports", json=WANTED)
    job = await _until(client, started.json()["id"], "failed")
    assert "defect" in str(job["error"])


async def test_running_exports_are_bounded_and_can_be_cancelled(
    plant: MemoryPlant, client: httpx.AsyncClient
) -> None:
    plant.history.hold_export = asyncio.Event()
    first, second = [
        (await client.post("/api/v1/exports", json=WANTED)).json()["id"] for _ in range(2)
    ]
    assert (await client.post("/api/v1/exports", json=WANTED)).status_code == 409
    await _until(client, first, "running")
    assert (await client.get(f"/api/v1/exports/{second}")).json()["state"] == "waiting"
    assert (await client.delete(f"/api/v1/exports/{first}")).status_code == 204
    await _until(client, second, "running")
    plant.history.hold_export.set()
    await _until(client, second, "done")


@pytest.mark.parametrize(
    "wrong",
    [
        {"signals": []},
        {"signals": ["plant/a/b/c/d"]},
        {"format": "xlsx"},
        {"from": "yesterday"},
        {"from": 2e12, "to": 1},
        {"more": 1},
    ],
)
async def test_a_wrong_wish_is_refused(client: httpx.AsyncClient, wrong: dict[str, object]) -> None:
    answer = await client.post("/api/v1/exports", json=WANTED | wrong)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
