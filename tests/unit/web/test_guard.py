"""Who may ask: hosts, origins, body sizes, and the headers of every answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from tests.peers.web_client import rest
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

POST = "/api/v1/issues/1/acknowledge"


async def _ask(
    tmp_path: Path, options: WebOptions, method: str, path: str, **headers: str
) -> httpx.Response:
    async with rest(create_app(memory_plant(folder=tmp_path).services, options)) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, path, headers=named)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("LOCALHOST", 200),
        ("floor.example:8080", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
async def test_a_rebound_name_is_refused_on_loopback(
    tmp_path: Path, host: str, status: int
) -> None:
    options = WebOptions(sign_in=SignIn.OFF, public_url="https://floor.example")
    answer = await _ask(tmp_path, options, "GET", "/api/v1/plant", host=host)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"origin": "http://localhost:8080"}, 404),
        ({"origin": "http://localhost:5173"}, 404),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "https://localhost:8080"}, 404),
        ({"origin": "null"}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 404),
    ],
)
async def test_a_foreign_page_changes_nothing(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    options = WebOptions(sign_in=SignIn.OFF, allowed_origins=("http://localhost:5173",))
    answer = await _ask(tmp_path, options, "POST", POST, **headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_foreign_page_reads_nothing_either(tmp_path: Path) -> None:
    answer = await _ask(
        tmp_path,
        WebOptions(sign_in=SignIn.OFF),
        "GET",
        "/api/v1/plant",
        origin="http://evil.example",
    )
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        memory_plant(folder=tmp_path).services, WebOptions(sign_in=SignIn.OFF, max_body_bytes=2048)
    )
    async with rest(app) as client:
        yield client


async def test_a_large_body_is_refused_whether_announced_or_not(client: httpx.AsyncClient) -> None:
    assert (await client.post(POST, content=b"x" * 3000)).status_code == 413

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 100

    answer = await client.post(POST, content=trickle())
    assert answer.status_code == 413, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    odd = await client.post(POST, headers={"content-length": "1e3"}, content=b"{}")
    assert odd.status_code == 413


async def test_every_answer_carries_the_headers(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/plant", "/floor", "/nothing", "/healthz"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "no-store" in headers["cache-control"]


def test_serving_others_takes_sign_in() -> None:
    with pytest.raises(ValidationError, match=r"sign_in: required, or host: 127\.0\.0\.1"):
        WebOptions(host="0.0.0.0", sign_in=SignIn.OFF)
    assert WebOptions(host="0.0.0.0").sign_in is SignIn.REQUIRED
    for host in ("localhost", "127.0.0.1", "::1", "127.8.8.8"):
        assert WebOptions(host=host).host == host


@pytest.mark.parametrize(
    "url", ["floor.example", "ftp://a", "http://", "http://a/b", "http://a:x", "http://u@a"]
)
def test_an_origin_is_scheme_host_and_port(url: str) -> None:
    with pytest.raises(ValidationError, match="page address"):
        WebOptions(public_url=url)


async def test_beyond_loopback_any_host_name_is_answered(tmp_path: Path) -> None:
    options = WebOptions(host="0.0.0.0")
    answer = await _ask(tmp_path, options, "GET", "/healthz", host="gateway7:8080")
    assert answer.status_code == 200
