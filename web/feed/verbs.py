"""Which right each thing takes that a browser may say on the live feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.access.port import Identity
from gateway.access.rights import Right
from web.feed.messages import ALARMS, HEALTH, ISSUES
from web.feed.views import FLOOR, MACHINE

MaySee = Callable[[str], bool]

VIEW_RIGHTS: Final[Mapping[str, Right]] = {
    FLOOR: Right.DISPLAY,
    MACHINE: Right.DISPLAY,
    ISSUES: Right.ISSUE_READ,
    ALARMS: Right.ISSUE_READ,
    HEALTH: Right.READ,
}
"""By the view that `sub` names; `unsub` and `ack` speak of what was subscribed."""


def may_see(who: Identity, view: str) -> bool:
    """Say whether somebody may subscribe to a view; what is not in the table nobody may."""
    right = VIEW_RIGHTS.get(MACHINE if view.startswith(MACHINE) else view)
    if right is None or not who.may_somewhere(right):
        return False
    return not who.page or view == who.page
