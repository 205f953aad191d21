"""Boards and views in a dictionary, held to the same checks as those that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.board import PageDraft, PageKind, SavedPage
from gateway.boards.content import checked, shown_by
from gateway.boards.text import from_yaml, to_yaml
from gateway.clock import Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.model import Principal


class MemoryBoards:
    """The `Boards` port."""

    def __init__(self, clock: Clock) -> None:
        self.pages: dict[tuple[PageKind, str], SavedPage] = {}
        self._clock = clock

    async def list(self, kind: PageKind) -> Sequence[SavedPage]:
        """Return every page of a kind."""
        return sorted(
            (page for page in self.pages.values() if page.kind is kind), key=lambda page: page.title
        )

    async def get(self, kind: PageKind, page_id: str) -> SavedPage:
        """Return one page."""
        if (kind, page_id) not in self.pages:
            raise NotFoundError(f"there is no {kind.value} {page_id[:80]!r}")
        return self.pages[kind, page_id]

    async def add(self, kind: PageKind, draft: PageDraft, *, by: Principal) -> SavedPage:
        """Keep a page under a name of its own."""
        base = "-".join(draft.title.lower().split()) or kind.value
        page_id, number = base, 2
        while (kind, page_id) in self.pages:
            page_id, number = f"{base}-{number}", number + 1
        now_ns = self._clock.now_ns()
        return self._keep(
            SavedPage(
                kind=kind,
                id=page_id,
                title=draft.title,
                owner=by.name,
                sharing=draft.sharing,
                version=1,
                body=checked(kind, draft.body),
                created_ns=now_ns,
                changed_ns=now_ns,
                changed_by=by.name,
            )
        )

    async def replace(
        self, kind: PageKind, page_id: str, draft: PageDraft, *, version: int, by: Principal
    ) -> SavedPage:
        """Change a page."""
        held = await self.get(kind, page_id)
        _require(held, version)
        return self._keep(
            replace(
                held,
                title=draft.title,
                sharing=draft.sharing,
                body=checked(kind, draft.body),
                version=version + 1,
                changed_ns=self._clock.now_ns(),
                changed_by=by.name,
            )
        )

    async def remove(self, kind: PageKind, page_id: str, *, version: int) -> None:
        """Delete a page."""
        _require(await self.get(kind, page_id), version)
        del self.pages[kind, page_id]

    def shows(self, page_id: str, what: str) -> bool:
        """Say what a board shows."""
        page = self.pages.get((PageKind.BOARD, page_id))
        return page is not None and shown_by(page.body).has(what)

    def to_yaml(self, page: SavedPage) -> str:
        """Return a board as YAML."""
        return to_yaml(page)

    def from_yaml(self, text: str) -> PageDraft:
        """Read a board."""
        return from_yaml(text)

    def _keep(self, page: SavedPage) -> SavedPage:
        self.pages[page.kind, page.id] = page
        return page


def _require(held: SavedPage, version: int) -> None:
    if held.version != version:
        msg = f"{held.title!r} is at version {held.version} by {held.changed_by}, not {version}"
        raise ConflictError(msg)
