"""Quality of a sample: the OPC UA status code, whatever the protocol (OPC 10000-4 §7.39, 10000-6 A.2)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

GOOD: Final = 0x0000_0000
UNCERTAIN: Final = 0x4000_0000
UNCERTAIN_LAST_USABLE_VALUE: Final = 0x4090_0000
BAD: Final = 0x8000_0000
BAD_DECODING_ERROR: Final = 0x8007_0000
BAD_NO_COMMUNICATION: Final = 0x8031_0000
BAD_NODE_ID_UNKNOWN: Final = 0x8034_0000
BAD_OUT_OF_RANGE: Final = 0x803C_0000
BAD_SENSOR_FAILURE: Final = 0x808C_0000
OVERFLOW_BIT: Final = 0x0000_0480
"""InfoType DataValue with the Overflow flag: the server's queue dropped at least one sample here."""

SEVERITY_GOOD: Final = 0
SEVERITY_UNCERTAIN: Final = 1
SEVERITY_BAD: Final = 2
NOT_CONNECTED: Final = 3
"""Shown instead of a severity while a signal's source is not connected: the value is the last known one."""

_NAMES: Final = {
    GOOD: "Good",
    UNCERTAIN: "Uncertain",
    UNCERTAIN_LAST_USABLE_VALUE: "UncertainLastUsableValue",
    BAD: "Bad",
    BAD_DECODING_ERROR: "BadDecodingError",
    BAD_NO_COMMUNICATION: "BadNoCommunication",
    BAD_NODE_ID_UNKNOWN: "BadNodeIdUnknown",
    BAD_OUT_OF_RANGE: "BadOutOfRange",
    BAD_SENSOR_FAILURE: "BadSensorFailure",
}


def severity(code: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return 0 good, 1 uncertain or 2 bad for each status code; shape is kept."""
    top: NDArray[np.uint8] = np.minimum(code >> np.uint32(30), SEVERITY_BAD).astype(np.uint8)
    return top


def is_good(code: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which status codes are good; shape is kept."""
    good: NDArray[np.bool_] = (code >> np.uint32(30)) == 0
    return good


def name(code: int) -> str:
    """Return the standard's name of a status code, or its severity and hexadecimal number."""
    plain = code & 0xFFFF_0000
    known = _NAMES.get(plain)
    if known is not None:
        return known
    return f"{('Good', 'Uncertain', 'Bad', 'Bad')[(code >> 30) & 3]} (0x{code:08X})"
