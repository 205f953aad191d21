"""Pages that people make: boards and views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.board import PageDraft, PageKind, SavedPage
from gateway.model import Principal


class Boards(Protocol):
    """Boards and views as they are kept. Who may see or change one is decided by who asks here."""

    async def list(self, kind: PageKind) -> Sequence[SavedPage]:
        """Return every page of a kind, by title."""
        ...

    async def get(self, kind: PageKind, page_id: str) -> SavedPage:
        """Return one page; raises `NotFoundError`."""
        ...

    async def add(self, kind: PageKind, draft: PageDraft, *, by: Principal) -> SavedPage:
        """Keep a new page; raises `InvalidRequestError` with every mistake in it."""
        ...

    async def replace(
        self, kind: PageKind, page_id: str, draft: PageDraft, *, version: int, by: Principal
    ) -> SavedPage:
        """Change a page that is still at `version`.

        Raises `NotFoundError`, `InvalidRequestError`, and `ConflictError` where somebody changed it meanwhile.
        """
        ...

    async def remove(self, kind: PageKind, page_id: str, *, version: int) -> None:
        """Delete a page that is still at `version`; raises `NotFoundError`, `ConflictError`."""
        ...

    def shows(self, page_id: str, what: str) -> bool:
        """Say whether a board shows a signal, a place of the plant, or a list by its name."""
        ...

    def to_yaml(self, page: SavedPage) -> str:
        """Return a board as YAML."""
        ...

    def from_yaml(self, text: str) -> PageDraft:
        """Return the board that a text describes; raises `InvalidRequestError` with every mistake in it."""
        ...
