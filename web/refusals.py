"""Which refusals are written down: the first of a kind, so that asking in vain again and again fills no disk."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_EVERY_S: Final = 10.0
_REMEMBERED: Final = 1000


class Refusals:
    """Remembers the newest thousand pairs of who and what; `left_out` counts what was not written."""

    def __init__(self) -> None:
        self.left_out = 0
        self._last_s: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_news(self, actor: str, action: str, *, now_s: float) -> bool:
        """Say whether this one is to be written: the last of its kind was ten seconds ago or more."""
        key = (actor, action)
        last_s = self._last_s.get(key)
        if last_s is not None and now_s - last_s < _EVERY_S:
            self.left_out += 1
            return False
        self._last_s[key] = now_s
        self._last_s.move_to_end(key)
        if len(self._last_s) > _REMEMBERED:
            self._last_s.popitem(last=False)
        return True
