"""The channel is encrypted, the server must show the certificate that was trusted, and nothing falls back to none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from gateway.errors import RefusedError
from tests.peers.opcua_asyncua import OneUser, UaServer
from tests.peers.opcua_driver import Driven
from tests.peers.opcua_keys import make_keys
from tests.peers.process import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
SPEED = [{"node": "press:s=speed", "signal": "speed"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    for name in ("server", "gateway", "stranger"):
        make_keys(made, name)
    make_keys(made, "expired", valid_days=(-20, -1))
    make_keys(made, "early", valid_days=(5, 20))
    return made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(folder: Path) -> AsyncIterator[UaServer]:
    keys = (folder / "server.der", folder / "server.pem")
    async with UaServer(free_port(), keys=keys, user_manager=OneUser()) as peer:
        await peer.add("speed", 1.0, ua.VariantType.Double)
        yield peer


def driven(
    server: UaServer, folder: Path, *, request_timeout_s: float = 30.0, **changes: str
) -> Driven:
    security = {
        "certificate": "gateway.der",
        "private_key": "gateway.pem",
        "server_certificate": "server.der",
    } | changes
    policy = security.pop("policy", "Basic256Sha256")
    return Driven(
        server.endpoint,
        SPEED,
        security={"policy": policy} | {k: str(folder / v) for k, v in security.items()},
        username="operator",
        password="right",
        request_timeout_s=request_timeout_s,
    )


@pytest.mark.parametrize("policy", ["Basic256Sha256", "Aes256Sha256RsaPss"])
async def test_values_arrive_over_an_encrypted_channel(
    server: UaServer, folder: Path, policy: str
) -> None:
    reader = driven(server, folder, policy=policy)
    await reader.connector.connect()
    await reader.until(lambda: reader.rows("speed"))
    assert reader.values("speed") == [1.0]
    await reader.connector.close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"server_certificate": "expired.der"}, "trusted server certificate expired"),
        ({"certificate": "expired.der", "private_key": "expired.pem"}, "our certificate expired"),
        ({"certificate": "early.der", "private_key": "early.pem"}, "not valid before"),
        ({"certificate": "absent.der"}, "cannot be used"),
        ({"private_key": "server.der"}, "cannot be used"),
    ],
)
async def test_unusable_certificates_are_refused_with_the_reason(
    server: UaServer, folder: Path, changes: dict[str, Any], told: str
) -> None:
    reader = driven(server, folder, **changes)
    with pytest.raises(RefusedError, match=told):
        await reader.connector.connect()


async def test_another_servers_certificate_is_never_accepted(
    server: UaServer, folder: Path
) -> None:
    reader = driven(server, folder, server_certificate="stranger.der", request_timeout_s=4)
    with pytest.raises(RefusedError, match="another certificate than the trusted one"):
        await reader.connector.connect()
    assert not reader.batches


async def test_a_policy_the_server_lacks_is_refused(server: UaServer, folder: Path) -> None:
    reader = driven(server, folder, policy="Aes128Sha256RsaOaep", request_timeout_s=4)
    with pytest.raises(RefusedError, match="does not offer Aes128Sha256RsaOaep"):
        await reader.connector.connect()


async def test_no_security_is_not_offered_and_not_taken(server: UaServer) -> None:
    reader = Driven(server.endpoint, SPEED)
    with pytest.raises(RefusedError):
        await reader.connector.connect()
