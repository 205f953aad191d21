"""A gateway's access desk and audit on SQLite, and the web side of a memory plant behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from gateway.access import sessions
from gateway.access.office import Office, open_office
from gateway.access.options import AccessOptions
from gateway.access.port import NewToken, Origin
from gateway.access.rights import Grant, Role
from gateway.access.secrets import SecretKind, new_secret
from gateway.clock import Clock, SystemClock
from gateway.store import Store
from tests.peers.audit import SwitchedAudit
from tests.peers.process import free_port
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_server import eventually, server_listens
from tests.peers.web_services import MemoryPlant, memory_plant
from web.options import WebOptions
from web.serve import serve
from web.server import create_app

LONG = "a sentence that nobody else knows"
HERE = Origin(address="127.0.0.1", agent="test")


@dataclass
class House:
    """The whole of it; `app` asks for sign-in."""

    plant: MemoryPlant
    store: Store
    office: Office
    audit: SwitchedAudit
    app: FastAPI
    options: WebOptions
    clock: Clock

    async def person(self, name: str, *grants: Grant) -> None:
        """Add a user whose password is `LONG`."""
        link = await self.office.desk.add_user(name, grants)
        await self.office.desk.redeem(secret=link, name="", password=LONG, origin=HERE)

    async def token(self, *grants: Grant, page: str = "", lifetime_s: float = 3600.0) -> str:
        """Return a token's secret, whatever the desk would say to such a token."""
        secret = new_secret(SecretKind.TOKEN)
        wanted = NewToken(name="t", grants=grants, lifetime_s=lifetime_s, page=page)
        await self.store.run(
            lambda c: sessions.add_token(c, secret, wanted, by="t", now_ns=self.clock.now_ns())
        )
        return secret

    @asynccontextmanager
    async def client(self, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
        """Return a client with a cookie jar of its own, seen from an address."""
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 40_000)
        )
        base = "https://floor.example" if self.options.is_tls else "http://localhost:8080"
        base = self.options.public_url or base
        async with httpx.AsyncClient(transport=transport, base_url=base) as made:
            yield made

    @asynccontextmanager
    async def signed_in(
        self, name: str, address: str = "127.0.0.1"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Return a client that has signed in and repeats the csrf value."""
        async with self.client(address) as made:
            answer = await made.post("/api/v1/session", json={"name": name, "password": LONG})
            assert answer.status_code == 200, answer.text
            made.headers["x-csrf-token"] = answer.json()["csrf"]
            yield made

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve on a loopback port."""
        options = self.options.model_copy(update={"port": free_port()})
        stop = asyncio.Event()
        task = asyncio.create_task(serve(self.app, options, stop=stop))
        await eventually(lambda: server_listens(options.port), timeout_s=10)
        try:
            yield options.port
        finally:
            stop.set()
            ended, _ = await asyncio.wait({task}, timeout=6)
            assert ended, "the server did not end in time"


@asynccontextmanager
async def house(
    folder: Path,
    *,
    clock: Clock | None = None,
    administrator: str = "root",
    oidc: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[House]:
    """Open it with one administrator, or with none where the name is empty."""
    clock = clock or SystemClock()
    store = await Store.open(f"sqlite:///{folder}/state.db")
    access = AccessOptions.model_validate({} if oidc is None else {"oidc": oidc})
    office = await open_office(store, access, data_dir=folder, clock=clock, site="test")
    audit = SwitchedAudit(office.audit)
    office.desk._audit = audit
    plant = memory_plant(folder=folder, clock=clock)
    DemoPlant(plant).prepare(past_s=5)
    given = WebOptions.model_validate(options)
    app = create_app(
        plant.services,
        given,
        access=office.desk,
        audit=audit,
        provider=office.provider,
        keys=office.passkeys,
    )
    made = House(plant, store, office, audit, app, given, clock)
    try:
        if administrator:
            await made.person(administrator, Grant(Role.ADMINISTRATOR))
        yield made
    finally:
        office.close()
        await store.close()
