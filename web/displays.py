"""What the page of a display shows: it may see that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from web.feed.verbs import Shows
from web.services import Services

BOARD: Final = "board/"
MACHINE: Final = "machine/"
_FIXED: Final[Mapping[str, frozenset[str]]] = {
    "floor": frozenset({"floor"}),
    "andon": frozenset({"floor", "issues"}),
}
"""What the boards that come with the gateway show, by the names of live views."""


def walls(services: Services) -> Shows:
    """Return how to ask whether a display's page shows a signal, or a list by its name."""

    def shows(page: str, what: str) -> bool:
        if page.startswith(BOARD):
            return services.boards.shows(page.removeprefix(BOARD), what)
        if page.startswith(MACHINE):
            return what == page or what.startswith(f"{page.removeprefix(MACHINE)}/")
        return what in _FIXED.get(page, ())

    return shows


def known_page(page: str) -> bool:
    """Say whether a display can draw this page, as far as its form tells."""
    return page in _FIXED or any(
        page.startswith(kind) and len(page) > len(kind) for kind in (MACHINE, BOARD)
    )
