"""Places where a test may end the process at an exact step; nothing at all unless the environment names one."""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "TAKTLINE_FAILPOINT"
"""Holds `name:kill@N`: the process ends by SIGKILL the Nth time it reaches `name`."""

_NAME, _, _ACTION = os.environ.get(VARIABLE, "").partition(":")
_VERB, _, _COUNT = _ACTION.partition("@")
_left = int(_COUNT or 1) if _VERB == "kill" else 0


def failpoint(name: str) -> None:
    """End this process by SIGKILL if the environment asks for it here and now."""
    global _left  # noqa: PLW0603 - one counter a process, as the variable is one a process
    if _left == 0 or name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
