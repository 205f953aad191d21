"""Which right each thing takes that a browser may say on the live feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.access.port import Identity
from gateway.access.rights import Right
from web.feed.messages import ALARMS, HEALTH, ISSUES, WORK, Subscribe
from web.feed.views import FLOOR, MACHINE, SIGNALS

Shows = Callable[[str, str], bool]
"""Says whether a display's page shows a signal, or a list by its name."""

VIEW_RIGHTS: Final[Mapping[str, Right]] = {
    FLOOR: Right.DISPLAY,
    MACHINE: Right.DISPLAY,
    SIGNALS: Right.DISPLAY,
    ISSUES: Right.ISSUE_READ,
    ALARMS: Right.ISSUE_READ,
    WORK: Right.MAINTENANCE_READ,
    HEALTH: Right.READ,
}
"""By the view that `sub` names; `unsub` and `ack` speak of what was subscribed."""


def may_see(who: Identity, wish: Subscribe, shows: Shows) -> bool:
    """Say whether somebody may subscribe to a view; what is not in the table nobody may.

    A display sees what its page shows and nothing else.
    """
    view = MACHINE if wish.view.startswith(MACHINE) else wish.view
    right = VIEW_RIGHTS.get(view)
    if right is None:
        return False
    if not who.page:
        return who.may_somewhere(right)
    if not who.may_somewhere(Right.DISPLAY):
        return False
    if view == SIGNALS:
        return all(shows(who.page, path) for path in wish.signals)
    return wish.view == who.page or shows(who.page, wish.view)
