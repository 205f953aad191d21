"""The production office asked over REST as two people, and a cell under quality control, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.clock import ManualClock
from gateway.production.archive import Archive
from gateway.production.office.options import PlanningOptions
from gateway.production.office.schedules import ScheduleDesk
from gateway.production.office.tables import TableDesk
from gateway.store import Store
from tests.peers.quality_cell import STATE, QualityCell
from tests.peers.web_planning import planning_over
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

MONDAY_NS = 1_798_866_000_000_000_000
"""2027-01-02 05:00 UTC is a Saturday; two days on it is Monday, 06:00 in the plant."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start_ns=MONDAY_NS + 2 * 86_400 * 10**9)


def _as_people(app: FastAPI) -> ASGIApp:
    """Let the header x-person say who asks, in place of a session."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        name = dict(scope["headers"]).get(b"x-person", b"anna").decode()
        grants = (Grant(Role.ADMINISTRATOR),)
        scope["taktline.identity"] = Identity(name=name, kind="person", grants=grants)
        await app(scope, receive, send)

    return inner


@pytest.fixture
async def office(url: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the office; `client.headers["x-person"]` says who asks."""
    async with AsyncExitStack() as opened:
        store = await Store.open(url)
        opened.push_async_callback(store.close)
        planning = planning_over(
            Archive(store, clock=clock), clock, zone="Europe/Berlin",
            options=PlanningOptions(solve_s=0.5),
        )  # fmt: skip
        plant = memory_plant(folder=tmp_path, clock=clock)
        app = create_app(replace(plant.services, planning=planning), WebOptions(sign_in=SignIn.OFF))
        await opened.enter_async_context(app.router.lifespan_context(app))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(_as_people(app)), base_url="http://localhost:8080/api/v1"
        )
        yield await opened.enter_async_context(client)
        assert isinstance(planning.schedules, ScheduleDesk)
        assert isinstance(planning.tables, TableDesk)
        await planning.schedules.close()
        await planning.tables.close()


@pytest.fixture
async def cell(url: str, clock: ManualClock) -> AsyncIterator[QualityCell]:
    """A machine under quality control that has been heard of."""
    store = await Store.open(url)
    made = await QualityCell.opened(store, clock)
    await made.tell([made.count(0), (STATE, clock.now_ns(), 6.0)])
    yield made
    await store.close()
