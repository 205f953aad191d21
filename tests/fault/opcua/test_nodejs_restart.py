"""Another maker's server is killed and comes back with other namespace indexes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import NotConnectedError
from tests.peers.opcua_driver import Driven
from tests.peers.opcua_nodejs import node_server
from tests.peers.process import free_port

pytestmark = [pytest.mark.fault, pytest.mark.peer]


async def test_a_killed_server_comes_back_renumbered(tmp_path: Path) -> None:
    port = free_port()
    nodes = [{"node": "press:s=double", "signal": "double"}]
    driven = Driven(f"opc.tcp://127.0.0.1:{port}/", nodes)
    with node_server(port, tmp_path) as server:
        await driven.connector.connect()
        await driven.until(lambda: driven.rows("double"))
        server.kill()
        with pytest.raises(NotConnectedError):
            await driven.ends()
        await driven.connector.close()
    with node_server(port, tmp_path, first_uris=("urn:a", "urn:b")):
        await driven.connector.connect()
        await driven.until(lambda: len(driven.rows("double")) == 2)
        await driven.connector.close()
    assert driven.values("double") == [12.75, 12.75]
