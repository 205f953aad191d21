"""The built page: its files, its addresses, and what is said where it was not built."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.peers.web_client import rest
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Taktline</title>")
    (static / "favicon.svg").write_text("<svg/>")
    (static / "assets" / "main-3f2a.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    (static / "link.txt").symlink_to(tmp_path / "secret.txt")
    services = memory_plant(folder=tmp_path, static=static).services
    async with rest(create_app(services, WebOptions(sign_in=SignIn.OFF))) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/floor", "/floor/line1", "/machine/plant/a/b/m1.2", "/issues/17", "/health"]
)
async def test_every_address_of_the_page_is_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "Taktline" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


async def test_files_are_cached_as_long_as_their_names_allow(client: httpx.AsyncClient) -> None:
    hashed = await client.get("/assets/main-3f2a.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"].startswith("text/javascript")
    assert (await client.get("/favicon.svg")).headers["cache-control"] == "no-cache"
    assert (await client.head("/assets/main-3f2a.js")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/robots.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/link.txt",
        "/%00",
        "/" + "a" * 4000,
        "/assets",
    ],
)
async def test_a_missing_file_is_not_found_and_nothing_outside_is_served(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path) -> None:
    async with rest(
        create_app(memory_plant(folder=tmp_path).services, WebOptions(sign_in=SignIn.OFF))
    ) as client:
        answer = await client.get("/floor")
        assert answer.status_code == 503
        assert "python web/build_ui.py" in answer.text
        assert (await client.get("/api/v1/plant")).json()["build"] == "unbuilt"
