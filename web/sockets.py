"""The websocket as the live feed needs it: a peer that takes nothing is let go in time."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRY_AGAIN_LATER: Final = 1013
_LEAVE_S: Final = 1.0
"""How long a peer that did not answer a ping has to take the close before the connection is cut."""


class LiveProtocol(WebSocketsSansIOProtocol):
    """Close with 1013 a peer that left a ping unanswered, and cut it off where it does not take that."""

    def keepalive_timeout(self) -> None:
        """End the connection, at the latest a second from now."""
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(TRY_AGAIN_LATER, "no answer for too long")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        asyncio.get_running_loop().call_later(_LEAVE_S, self.transport.abort)
