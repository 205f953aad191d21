"""What a broker's refusal or a lost connection means for the next move."""

from __future__ import annotations

import ssl
from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.frames import FrameError
from gateway.errors import BackOffError, NotConnectedError, RefusedError, TaktlineError

_WAIT_S: Final = 5.0
_UNAVAILABLE: Final = {136, 139, 151}
"""Server unavailable, shutting down, quota exceeded."""
_BUSY: Final = {137, 159}
"""Server busy, connection rate exceeded."""
_TAKEN_OVER: Final = 142
_REFUSALS: Final = {130, 132, 133, 134, 135, 138, 140, 149, 153, 155, 156, 157, 158, 161}


def connack_error(target: str, code: ReasonCode) -> TaktlineError:
    """Return the error for a login that was answered with a failure."""
    text = f"{target}: the broker refused us: {code}"
    if code.value in _UNAVAILABLE:
        return NotConnectedError(text)
    if code.value in _BUSY:
        return BackOffError(text, wait_s=_WAIT_S)
    return RefusedError(text)


def disconnect_error(target: str, code: ReasonCode, *, said_by_broker: bool) -> TaktlineError:
    """Return the error for a connection that ended, with the broker's own word where it gave one."""
    if not said_by_broker:
        return NotConnectedError(f"{target}: connection lost ({code})")
    text = f"{target}: the broker ended the connection: {code}"
    if code.value == _TAKEN_OVER:
        return RefusedError(f"{text}; another client uses our client_id")
    if code.value in _BUSY:
        return BackOffError(text, wait_s=_WAIT_S)
    if code.value in _REFUSALS:
        return RefusedError(text)
    return NotConnectedError(text)


def thread_error(target: str, error: BaseException) -> TaktlineError:
    """Return the error for an exception that ended the network thread."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return RefusedError(f"{target}: the broker's certificate is not trusted: {error}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return NotConnectedError(f"{target}: connection lost ({error})")
    if isinstance(error, ssl.SSLError):
        return RefusedError(f"{target}: TLS failed: {error}")
    if isinstance(error, FrameError):
        return NotConnectedError(f"{target}: the broker sent what is not MQTT: {error}")
    if isinstance(error, OSError):
        return NotConnectedError(f"{target}: {error.strerror or error}")
    return NotConnectedError(f"{target}: network thread ended: {type(error).__name__}: {error}")
