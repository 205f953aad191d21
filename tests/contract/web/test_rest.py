"""Every route: its document, its example, its problems, and what rubbish does to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.clock import ManualClock
from tests.peers.web_client import example_mismatch, mismatch, openapi, rest
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_services import MemoryPlant, memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

WEIGHT = "plant/bottling/line1/filler/fill_weight"
REASON = "plant/bottling/line1/filler/stop_reason"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """An application that is only read from."""
    plant = memory_plant(folder=tmp_path_factory.mktemp("rest"), clock=ManualClock())
    DemoPlant(plant).prepare(past_s=60)
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF, max_history_rows=50))


@pytest.fixture
async def reader(shared: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(shared) as client:
        yield client


@pytest.fixture
def plant(tmp_path: Path) -> MemoryPlant:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    DemoPlant(plant).prepare(past_s=60)
    return plant


@pytest.fixture
def app(plant: MemoryPlant) -> FastAPI:
    return create_app(plant.services, WebOptions(sign_in=SignIn.OFF, max_history_rows=50))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(app) as client:
        yield client


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in openapi(app)["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


GETS = [
    "/plant",
    "/signals?limit=3",
    f"/signals/{WEIGHT}",
    "/machines",
    f"/history/buckets?signal={WEIGHT}&px=20",
    f"/history/rows?signal={WEIGHT}&signal={REASON}&limit=20",
    "/latest",
    "/latest?machine=plant/machining",
    "/issues",
    "/issues/2",
    "/issues/3/events",
    "/rules",
    "/connectors",
    "/connectors/labeller",
    "/connectors/sensors/unknown",
    "/dead-letters",
    "/gaps",
    "/health",
    "/kpis?unit=plant/bottling&bucket=shift",
    "/kpis?from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00Z&bucket=day",
    "/machines/plant/bottling/line1/filler/intervals?limit=1",
    "/shifts?date=2026-03-29",
    "/shifts",
    "/floor",
    "/floor?shift=previous&machine=plant/bottling",
    "/machines/plant/bottling/line1/filler/connectors",
    "/lines",
    "/stations",
    "/alarms/journal",
    "/alarm-nuisances",
    "/rule-overview",
    "/lines/plant/bottling/line1/flow",
    "/lines/line1/flow?from=2026-01-01T00:00:00Z&to=2026-01-01T08:00:00Z",
    "/lines/line1/forecast?quantity=6000&done=1000",
]


@pytest.mark.parametrize("path", GETS)
async def test_an_answer_is_what_the_openapi_document_says(
    shared: FastAPI, reader: httpx.AsyncClient, path: str
) -> None:
    answer = await reader.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    root = openapi(shared)
    plain = path.partition("?")[0]
    operation = next(
        each
        for method, template, each in operations(shared)
        if method == "get" and _fits(template, f"/api/v1{plain}")
    )
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert mismatch(answer.json(), schema, root) == ""
    assert "NaN" not in answer.text


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)]
)
async def test_a_day_of_the_plant_is_as_long_as_its_clock_says(
    reader: httpx.AsyncClient, date: str, hours: int
) -> None:
    told = (await reader.get(f"/api/v1/shifts?date={date}")).json()
    assert told["date"] == date
    assert told["day_end_ms"] - told["day_start_ms"] == hours * 3_600_000


async def test_connectors_of_a_machine_that_does_not_exist_are_not_found(
    reader: httpx.AsyncClient,
) -> None:
    answer = await reader.get("/api/v1/machines/plant/bottling/line1/nothing/connectors")
    assert answer.status_code == 404
    known = (await reader.get("/api/v1/machines/plant/bottling/line1/filler/connectors")).json()
    assert [each["name"] for each in known["items"]] == ["filler"]


def _fits(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{(\w+)\\\}", _any_of, re.escape(template))
    return re.fullmatch(pattern, path) is not None


def _any_of(name: re.Match[str]) -> str:
    return ".+" if name[1] in {"path", "line"} else "[^/]+"


def test_every_route_has_an_example_that_fits_and_a_problem(app: FastAPI) -> None:
    root = openapi(app)
    seen: set[str] = set()
    for method, path, operation in operations(app):
        where = f"{method} {path}"
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        assert operation["tags"], where
        responses = operation["responses"]
        assert any(
            "application/problem+json" in each.get("content", {}) for each in responses.values()
        ), where
        good = next(each for code, each in responses.items() if code.startswith(("2", "3")))
        for content in good.get("content", {}).values():
            assert "example" in content, where
            if "schema" in content and content["example"] is not None:
                assert not example_mismatch(content["example"], content["schema"], root), where
    assert len(seen) > 25


BODIES = [None, b"", b"{", b"[" * 50_000, b'{"signals":[1e999],"from":null}', b"\xff"]
RUBBISH = ["%00", "-1", "9" * 400, "NaN", "1e999", "'; drop table x;--", "..%2F..%2Fetc", "é" * 300]


async def test_rubbish_is_refused_by_a_problem_and_never_a_defect(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    asked = 0
    for method, template, operation in operations(app):
        names = [each["name"] for each in operation.get("parameters", ())]
        for bad in RUBBISH:
            path = template
            for name in names:
                path = path.replace("{" + name + "}", bad)
            query = "&".join(f"{name}={bad}" for name in names if "{" + name + "}" not in template)
            for body in BODIES if bad == RUBBISH[0] and method != "get" else BODIES[:1]:
                answer = await client.request(
                    method,
                    f"{path}?{query}",
                    content=body,
                    headers={"content-type": "application/json"},
                )
                asked += 1
                assert answer.status_code < 500, (method, path, bad, body, answer.text)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.json()["status"] == answer.status_code
                    assert answer.headers["x-content-type-options"] == "nosniff"
    assert asked > 250


async def test_a_validation_problem_says_where_what_and_what_was_wanted(
    reader: httpx.AsyncClient,
) -> None:
    answer = await reader.get(f"/api/v1/history/buckets?signal={WEIGHT}&px=wide")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "where": "query.px",
            "what": "wide",
            "wanted": "Input should be a valid integer, unable to parse string as an integer",
        }
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/assets/gone.js", 404),
        ("PUT", "/api/v1/plant", 405),
        ("GET", "/api/v1/issues/999", 404),
        ("GET", "/api/v1/signals/plant/a/b/c/d", 404),
        ("GET", f"/api/v1/history/rows?signal={WEIGHT}&from=2026-01-01T00:00:00", 422),
        ("GET", f"/api/v1/history/rows?signal={WEIGHT}&from=2&to=1", 422),
        ("POST", "/api/v1/issues/1/acknowledge", 409),
    ],
)
async def test_what_goes_wrong_is_a_problem_document(
    reader: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await reader.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail"}


async def test_a_defect_is_a_problem_without_its_inside(
    plant: MemoryPlant, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(plant.rules, "rules", broken)
    answer = await client.get("/api/v1/rules")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_pages_of_signals_hold_each_once(
    plant: MemoryPlant, client: httpx.AsyncClient
) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = (await client.get(f"/api/v1/signals?limit=25&offset={offset}")).json()
        seen += [each["path"] for each in page["items"]]
        offset = page["next_offset"]
    assert seen == [each.path for each in plant.catalogue.all()]
    found = (await client.get("/api/v1/signals?q=FILL weight")).json()
    assert [each["path"] for each in found["items"]] == [WEIGHT]


async def test_rows_say_that_there_are_more_and_carry_texts(reader: httpx.AsyncClient) -> None:
    rows = (await reader.get(f"/api/v1/history/rows?signal={REASON}&limit=9")).json()
    assert rows["truncated"] is True
    assert len(rows["value"]) == 9
    assert rows["value"] == [None] * 9
    assert set(rows["side"]) == {str(n) for n in range(9)}
    capped = (await reader.get(f"/api/v1/history/rows?signal={REASON}&limit=60")).json()
    assert len(capped["value"]) == 50


async def test_a_time_means_the_same_in_every_form(reader: httpx.AsyncClient) -> None:
    forms = ("1767225590000", "2025-12-31T23:59:50Z", "2026-01-01T00:59:50%2B01:00")
    answers = [
        (await reader.get(f"/api/v1/history/rows?signal={WEIGHT}&from={form}")).json()
        for form in forms
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["from_ms"] == 1767225590000.0
    assert len(answers[0]["value"]) == 10


async def test_gaps_stand_beside_the_buckets_they_explain(reader: httpx.AsyncClient) -> None:
    found = (await reader.get(f"/api/v1/history/buckets?signal={WEIGHT}&px=10")).json()
    gaps = found["series"][0]["gaps"]
    assert {gap["state"] for gap in gaps} == {"lost", "backfilled", "republished"}
    assert [gap["start_ms"] for gap in gaps] == sorted(gap["start_ms"] for gap in gaps)


async def test_an_issue_is_worked_on(plant: MemoryPlant, client: httpx.AsyncClient) -> None:
    taken = await client.post("/api/v1/issues/2/acknowledge", json={"note": "On my way"})
    assert taken.json()["state"] == "triage"
    said = await client.post("/api/v1/issues/2/comments", json={"text": "a\u202eb\x07\r\nc "})
    assert said.status_code == 201
    assert said.json()["detail"] == {"text": "ab\nc"}
    assert said.json()["by"] == "local"
    empty = await client.post("/api/v1/issues/2/reject", json={"reason": " \x00 "})
    assert empty.status_code == 422
    closed = await client.post("/api/v1/issues/2/reject", json={"reason": "done"})
    assert closed.json()["state"] == "rejected"
    assert (await client.post("/api/v1/issues/2/reject", json={"reason": "x"})).status_code == 409
    history = (await client.get("/api/v1/issues/2/events")).json()["items"]
    assert [each["action"] for each in history] == [
        "opened",
        "acknowledged",
        "commented",
        "rejected",
    ]
    shown = (
        await client.get("/api/v1/issues?state=closed&state=rejected&asset=plant/bottling")
    ).json()
    assert {each["number"] for each in shown["items"]} == {1, 2}


async def test_probes_and_metrics(plant: MemoryPlant, client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok"
    assert (await client.get("/readyz")).status_code == 200
    metrics = await client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    object.__setattr__(plant.health.now, "ready", False)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "mill" in json.loads(answer.text)["detail"]
