"""The websocket of the live feed: one receiver and one sender a client, and the times they keep."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from enum import IntEnum
from typing import Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.errors import NotConnectedError, StorageError
from web.auth import forbidden, identify, still_in
from web.displays import walls
from web.feed.client import LiveClient
from web.feed.hub import Hub
from web.feed.verbs import may_see
from web.problems import ProblemError, problem

router = APIRouter()
_LOG = logging.getLogger("taktline.web.live")

SUBPROTOCOL: Final = "floor.v1"
_SEND_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 1.0
_LOOK_AGAIN_S: Final = 3.0
"""How often an open connection's session, role and expiry are looked at again."""


class CloseCode(IntEnum):
    """Why the server closes (RFC 6455 and its registry); 4401 is ours: sign in again."""

    NORMAL = 1000
    POLICY = 1008
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    SIGNED_OUT = 4401


@router.websocket("/api/live")
async def live(socket: WebSocket) -> None:
    """Serve one client until it leaves, stalls, or the gateway stops."""
    hub: Hub = socket.app.state.hub
    try:
        who = await identify(socket)
        _admit(socket, hub, who)
    except ProblemError as refusal:
        await _deny(socket, hub, refusal)
        return
    except (StorageError, NotConnectedError) as error:
        away = ProblemError(status=503, title="Storage is not available", detail=str(error))
        await _deny(socket, hub, away)
        return
    await socket.accept(subprotocol=SUBPROTOCOL)
    shows = walls(socket.app.state.services)
    client, wake = hub.join(
        who.principal,
        may_see=lambda wish: may_see(who, wish, shows),
        now_s=asyncio.get_running_loop().time(),
    )
    try:
        await _serve(socket, hub, client, wake, who)
    finally:
        hub.leave(client)


async def _deny(socket: WebSocket, hub: Hub, refusal: ProblemError) -> None:
    hub.source.counts.refused += 1
    await socket.send_denial_response(
        problem(status=refusal.status, title=refusal.title, detail=refusal.detail)
    )


def _admit(socket: WebSocket, hub: Hub, who: Identity) -> None:
    if not who.may_somewhere(Right.DISPLAY):
        raise forbidden(Right.DISPLAY)
    if SUBPROTOCOL not in socket.scope.get("subprotocols", []):
        raise ProblemError(
            status=400,
            title="Unknown subprotocol",
            detail=f"Ask for the subprotocol {SUBPROTOCOL}.",
        )
    if hub.full():
        raise ProblemError(
            status=503, title="Too many clients", detail="web.max_clients are connected; try later."
        )


async def _serve(
    socket: WebSocket, hub: Hub, client: LiveClient, wake: asyncio.Event, who: Identity
) -> None:
    tasks = {
        asyncio.create_task(_receive(socket, client, wake), name="live receiver"),
        asyncio.create_task(_send(socket, hub, client, wake), name="live sender"),
        asyncio.create_task(_watch(socket, who), name="live session"),
    }
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, CloseCode):
            await _close(socket, result)
        elif isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result


async def _watch(socket: WebSocket, who: Identity) -> CloseCode:
    """Return once the session has ended or its roles have changed."""
    while await still_in(socket, who):  # noqa: ASYNC110 - the session ends elsewhere, unheard
        await asyncio.sleep(_LOOK_AGAIN_S)
    return CloseCode.SIGNED_OUT


async def _receive(socket: WebSocket, client: LiveClient, wake: asyncio.Event) -> None:
    """Carry out what the client says; raises `WebSocketDisconnect` when it leaves."""
    loop = asyncio.get_running_loop()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        said = message.get("text")
        client.receive(said if said is not None else message["bytes"], now_s=loop.time())
        wake.set()


async def _send(socket: WebSocket, hub: Hub, client: LiveClient, wake: asyncio.Event) -> CloseCode:
    """Send what is due until the connection is to be closed; return why."""
    loop = asyncio.get_running_loop()
    counts = hub.source.counts
    while True:
        if hub.failure:
            return CloseCode.INTERNAL_ERROR
        if client.flooded:
            return CloseCode.POLICY
        started_s = loop.time()
        wake.clear()
        message = client.next(now_s=started_s, now_ms=hub.server_ms())
        if message is None:
            await _pause(wake, client.due_s() - started_s)
            continue
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                if isinstance(message, str):
                    await socket.send_text(message)
                else:
                    await socket.send_bytes(message)
        except TimeoutError:
            counts.evicted += 1
            _LOG.info("a live client took nothing for %.0f s and is closed", _SEND_TIMEOUT_S)
            return CloseCode.TRY_AGAIN_LATER
        client.sent(started_s=started_s, finished_s=loop.time())
        counts.messages += 1
        counts.bytes += len(message)


async def _pause(wake: asyncio.Event, delay_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, delay_s)):
            await wake.wait()


async def _close(socket: WebSocket, code: CloseCode) -> None:
    """Say why, where the client still listens; otherwise the kernel cuts it off."""
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await socket.close(code)
