"""Every route and every websocket verb against every role: what declares nothing is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from gateway.access.port import Identity
from gateway.access.rights import RIGHTS, Grant, Role, is_reading
from tests.peers.access import house
from web.auth import Needs, Open, authorize, declarations
from web.feed.messages import ALARMS, HEALTH, ISSUES, WORK, Subscribe
from web.feed.verbs import VIEW_RIGHTS, may_see
from web.feed.views import FLOOR, MACHINE, SIGNALS
from web.problems import install

OPEN_ROUTES = {
    "GET /api/v1/session",
    "POST /api/v1/session",
    "DELETE /api/v1/session",
    "POST /api/v1/session/link",
    "POST /api/v1/session/display",
    "GET /api/v1/session/ways",
    "GET /api/v1/session/provider",
    "GET /api/v1/session/provider/back",
    "POST /api/v1/session/passkey/options",
    "POST /api/v1/session/passkey",
    "POST /api/v1/notify/link",
    "POST /api/v1/notify/acknowledge",
    "GET /healthz",
    "GET /readyz",
    "GET /{path:path}",
    "HEAD /{path:path}",
}
"""A route that joins them is decided on here, by a person."""
NOTHING_CHANGES = ("/api/v1/session", "/api/v1/exports", "/api/v1/backtests")
"""The own account, and jobs that read: they take no right to change."""
_FILLED = {"number": "2", "message": "1", "path:path": "plant/bottling/line1/filler/fill_weight"}


def routes(app: Any) -> Iterator[tuple[str, str, list[Needs | Open]]]:
    """Give method, path and declarations of every route but the websocket."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, route.path, list(declarations(route.dependant))


def filled(path: str) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: _FILLED.get(found.group(1), "x"), path)


async def ask(client: httpx.AsyncClient, method: str, path: str, secret: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    body: dict[str, Any] = {} if method == "GET" else {"json": {}}
    return await client.request(method, filled(path), headers=headers, **body)


async def test_every_route_declares_what_it_takes(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        seen = 0
        for method, path, declared in routes(home.app):
            seen += 1
            where = f"{method} {path}"
            assert declared, (
                f"{where} declares no right: dependencies=[needs(Right...)], web/auth.py"
            )
            rights = {each.right for each in declared if isinstance(each, Needs)}
            assert bool(rights) != (where in OPEN_ROUTES), f"{where}: open or not?"
            changes = method not in {"GET", "HEAD"} and not path.startswith(NOTHING_CHANGES)
            if changes and rights:
                looks = all(map(is_reading, rights))
                assert not looks, f"{where} changes something by a right that only looks"
        assert seen > 40


async def test_every_route_by_every_role(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.client() as client:
        tokens = {role: await home.token(Grant(role)) for role in Role}
        for method, path, declared in routes(home.app):
            rights = {each.right for each in declared if isinstance(each, Needs)}
            if not rights:
                continue
            where = f"{method} {path}"
            nobody = await ask(client, method, path, "")
            assert nobody.status_code == 401, where
            for role, secret in tokens.items():
                answer = await ask(client, method, path, secret)
                expected = rights <= RIGHTS[role]
                assert (answer.status_code != 403) == expected, f"{where} by {role}: {answer.text}"
                assert answer.status_code < 500, f"{where} by {role}: {answer.text}"


async def test_an_undeclared_route_is_refused_even_to_an_administrator(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        forgotten = APIRouter()
        forgotten.add_api_route("/forgotten", lambda: "secret", methods=["GET"])
        app = FastAPI()
        app.state = home.app.state
        install(app)
        app.include_router(forgotten, dependencies=[Depends(authorize)])
        secret = await home.token(Grant(Role.ADMINISTRATOR))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await ask(client, "GET", "/forgotten", secret)
        assert answer.status_code == 403, answer.text
        assert "secret" not in answer.text


@pytest.mark.parametrize("role", Role)
def test_every_websocket_verb_by_every_role(role: Role) -> None:
    assert set(VIEW_RIGHTS) == {FLOOR, MACHINE, SIGNALS, ISSUES, ALARMS, WORK, HEALTH}
    who = Identity(name="t", kind="person", grants=(Grant(role),))
    for view, right in VIEW_RIGHTS.items():
        asked = f"{MACHINE}a/b/c/d" if view == MACHINE else view
        wish = Subscribe(id=1, view=asked)
        assert may_see(who, wish, _nothing) == (right in RIGHTS[role]), (role, view)
    assert not may_see(who, Subscribe(id=1, view="something else"), _nothing)


def _nothing(page: str, what: str) -> bool:
    return False


def test_a_display_sees_on_the_feed_what_its_page_shows() -> None:
    def shows(page: str, what: str) -> bool:
        return page == "board/one" and what in {"p/a/l/m/s", "issues"}

    one = Identity(name="d", kind="display", grants=(Grant(Role.DISPLAY),), page="board/one")
    two = Identity(name="d", kind="display", grants=(Grant(Role.DISPLAY),), page="board/two")
    mine = Subscribe(id=1, view=SIGNALS, signals=("p/a/l/m/s",))
    more = Subscribe(id=1, view=SIGNALS, signals=("p/a/l/m/s", "p/a/l/m/other"))
    assert may_see(one, mine, shows)
    assert not may_see(one, more, shows)
    assert not may_see(two, mine, shows)
    assert may_see(one, Subscribe(id=1, view=ISSUES), shows)
    assert not may_see(one, Subscribe(id=1, view=ALARMS), shows)
    assert not may_see(one, Subscribe(id=1, view=FLOOR), shows)
