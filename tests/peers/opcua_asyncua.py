"""An OPC UA server made with the library, in this process or as a child: values by name, faults on demand."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, cast

from asyncua import ua
from asyncua.common.node import Node
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager

from simulators.opcua.space import CopiedServer

URI = "urn:test:press"
OTHER_URI = "urn:test:other"


class OneUser(UserManager):
    """Lets in `operator` with password `right`."""

    def get_user(
        self,
        iserver: object,
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,
    ) -> User | None:
        if username == "operator" and password == "right":
            return User(role=UserRole.User, name="operator")
        return None


class UaServer:
    """A server on loopback with variables `s=<name>` in `URI`; `first_uris` shift its namespace index."""

    def __init__(
        self,
        port: int,
        *,
        first_uris: tuple[str, ...] = (),
        user_manager: UserManager | None = None,
        keys: tuple[Path, Path] | None = None,
    ) -> None:
        self.endpoint = f"opc.tcp://127.0.0.1:{port}/"
        self.nodes: dict[str, Node] = {}
        self.prefix = ""
        self._begun = 0
        self._first = first_uris
        self._users = user_manager
        self._keys = keys
        self.server: Server | None = None
        self.index = 0

    async def __aenter__(self) -> Self:
        # Standard nodes copied from one template a process: 0.1 s of processor instead of 2.5 s.
        self.server = Server(CopiedServer(user_manager=self._users))
        await self.server.init()
        self.server.set_endpoint(self.endpoint)
        policies = [ua.SecurityPolicyType.NoSecurity]
        if self._keys is not None:
            policies = [
                ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
            ]
            await self.server.set_application_uri("urn:test:server")
            await self.server.load_certificate(str(self._keys[0]))
            await self.server.load_private_key(str(self._keys[1]))
        self.server.set_security_policy(policies)
        for uri in self._first:
            await self.server.register_namespace(uri)
        self.index = await self.server.register_namespace(URI)
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.stop()
            self.server = None

    def begin(self, test: str) -> None:
        """Name what is added from now on after a test, and after which run of it this is."""
        self._begun += 1
        self.prefix = f"{test}.{self._begun}."

    async def add(self, name: str, value: object, kind: ua.VariantType, *, uri: str = URI) -> Node:
        assert self.server is not None
        index = await self.server.get_namespace_index(uri)
        node = await self.server.nodes.objects.add_variable(
            ua.NodeId(ua.String(self.prefix + name), ua.Int16(index)), name, ua.Variant(value, kind)
        )
        self.nodes[name] = node
        return node

    def node(self, name: str, **extra: object) -> dict[str, object]:
        """Return the connector's entry for a variable added under the present prefix."""
        return {"node": f"press:s={self.prefix}{name}", "signal": name} | extra

    async def delete(self, name: str) -> None:
        assert self.server is not None
        await self.server.delete_nodes([self.nodes.pop(name)])

    async def set(
        self,
        name: str,
        value: object,
        kind: ua.VariantType,
        *,
        status: int = 0,
        source: datetime | None = None,
        server_time: datetime | None = None,
    ) -> None:
        assert self.server is not None
        data = ua.DataValue(
            ua.Variant(value, kind),
            ua.StatusCode(ua.UInt32(status)),
            SourceTimestamp=cast("ua.DateTime | None", source),
            ServerTimestamp=cast("ua.DateTime | None", server_time),
        )
        await self.server.write_attribute_value(self.nodes[name].nodeid, data)


async def serve(port: int) -> None:
    """Count up `count` every 20 ms until ended."""
    async with UaServer(port) as peer:
        await peer.add("count", 0, ua.VariantType.Int64)
        n = 0
        while True:
            await asyncio.sleep(0.02)
            n += 1
            await peer.set("count", n, ua.VariantType.Int64, source=datetime.now(UTC))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
