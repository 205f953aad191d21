"""What a failure of the library or the server means for the caller's next move."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Final

from asyncua.ua.status_codes import get_name_and_doc
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from connectors.opcua.options import NodeOptions
from connectors.opcua.wire.reader import DecodeError
from gateway.errors import BackOffError, NotConnectedError, RefusedError, TaktlineError
from gateway.status import SourceTrouble

_log = logging.getLogger(__name__)
_BUSY_WAIT_S: Final = 10.0
_REFUSALS: Final = (
    "BadUserAccessDenied", "BadIdentityToken", "BadUserSignatureInvalid", "BadCertificate",
    "BadSecurityChecksFailed", "BadSecurityPolicyRejected", "BadSecurityModeRejected",
    "BadSecurityModeInsufficient", "BadNoValidCertificates", "BadApplicationSignatureInvalid",
    "BadLicense", "BadServerUriInvalid", "BadTcpEndpointUrlInvalid",
)  # fmt: skip
_BUSY: Final = (
    "BadTooManySessions", "BadTooManySubscriptions", "BadServerTooBusy", "BadTcpServerTooBusy",
    "BadTooManyOperations", "BadMaxConnectionsReached", "BadTcpNotEnoughResources",
    "BadOutOfMemory", "BadResourceUnavailable",
)  # fmt: skip

PEER_ERRORS: Final = (OSError, TimeoutError, UaError, DecodeError, ValueError)
"""What talking to a peer can raise; `ValueError` is the library's for bytes it cannot read."""


def status_name(code: int) -> str:
    """Return a status code's name from the standard, or its number."""
    name, _ = get_name_and_doc(code & 0xFFFF_0000)
    # The library answers "Good" or "Bad" for codes that it does not know.
    known = name.startswith(("Good", "Bad", "Uncertain")) and (
        name not in {"Good", "Bad"} or not code
    )
    return name if known else f"0x{code:08X}"


def translate(error: BaseException, doing: str) -> TaktlineError:
    """Return the error whose class names the next move, with what we were doing and why it failed."""
    if isinstance(error, TaktlineError):
        return error
    if isinstance(error, UaStatusCodeError):
        name = status_name(error.code)
        sentence = f"{doing}: {name}"
        if name.startswith(_REFUSALS):
            return RefusedError(sentence)
        if name.startswith(_BUSY):
            return BackOffError(sentence, wait_s=_BUSY_WAIT_S)
        return NotConnectedError(sentence)
    if isinstance(error, UaError) and "ertificate mismatch" in str(error):
        return RefusedError(f"{doing}: the server shows another certificate than the trusted one")
    if isinstance(error, UaError) and "No matching endpoints" in str(error):
        return RefusedError(f"{doing}: the server does not offer this security policy and mode")
    return NotConnectedError(f"{doing}: {_plain(error)}")


def _plain(error: BaseException) -> str:
    """Return the operating system's words for a number, which asyncio replaces by its own ("Connect call failed")."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    return str(error) or type(error).__name__


class Troubles:
    """Which configured nodes do not deliver, since when and why."""

    def __init__(self, nodes: Sequence[NodeOptions]) -> None:
        self._nodes = nodes
        self._known: dict[int, SourceTrouble] = {}

    def set(self, position: int, reason: str, now_ns: int) -> None:
        """Note a trouble; its beginning stays while only the reason changes."""
        before = self._known.get(position)
        if before is not None and before.reason == reason:
            return
        if before is None:
            _log.warning("%s: %s", self._nodes[position].signal, reason)
        self._known[position] = SourceTrouble(
            source=self._nodes[position].node,
            signal_path=self._nodes[position].signal,
            reason=reason,
            since_ns=now_ns if before is None else before.since_ns,
        )

    def clear(self, position: int) -> None:
        """Forget a node's trouble."""
        if self._known.pop(position, None) is not None:
            _log.info("%s: delivers again", self._nodes[position].signal)

    def all(self) -> Sequence[SourceTrouble]:
        """Return the troubles in the order of the configuration."""
        return [self._known[position] for position in sorted(self._known)]
