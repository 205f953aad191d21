"""Where people's pages are kept: each change names the version it was made from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gateway.board import Audience, PageDraft, PageKind, SavedPage, Sharing
from gateway.boards.content import Shown, checked, shown_by
from gateway.boards.text import from_yaml, to_yaml
from gateway.clock import Clock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import Principal
from gateway.store import Store
from gateway.store.board_tables import saved_page

MAX_PAGES: Final = 2_000
_RESERVED: Final = frozenset({"floor", "andon"})
"""Names of the wall screens that come with the gateway."""
_TITLE_LENGTH: Final = 120
_NOTHING: Final = Shown()


class BoardDesk:
    """The `Boards` port. Build it with `open`."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._shown: dict[str, Shown] = {}

    @classmethod
    async def open(cls, *, store: Store, clock: Clock) -> Self:
        """Read what the boards show; raises `StorageError`, `NotConnectedError`."""
        desk = cls(store=store, clock=clock)
        for page in await desk.list(PageKind.BOARD):
            desk._shown[page.id] = shown_by(page.body)
        return desk

    async def list(self, kind: PageKind) -> Sequence[SavedPage]:
        """Return every page of a kind, by title."""
        query = select(saved_page).where(saved_page.c.kind == kind.value)
        query = query.order_by(saved_page.c.title, saved_page.c.id)
        return await self._store.run(lambda c: [_page(row) for row in c.execute(query)])

    async def get(self, kind: PageKind, page_id: str) -> SavedPage:
        """Return one page; raises `NotFoundError`."""
        return await self._store.run(lambda c: _find(c, kind, page_id))

    async def add(self, kind: PageKind, draft: PageDraft, *, by: Principal) -> SavedPage:
        """Keep a new page; raises `InvalidRequestError` with every mistake in it."""
        values = _values(kind, draft)
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> SavedPage:
            count = select(func.count()).select_from(saved_page)
            if int(connection.execute(count).scalar_one()) >= MAX_PAGES:
                raise InvalidRequestError(f"{MAX_PAGES} pages are kept already: delete one first")
            page_id = _free_id(connection, kind, values["title"])
            made = {"created_ns": now_ns, "changed_ns": now_ns, "changed_by": by.name}
            key = {"kind": kind.value, "id": page_id, "owner": by.name, "version": 1}
            connection.execute(insert(saved_page).values(**key, **made, **values))
            return _find(connection, kind, page_id)

        return self._learn(await self._store.run(work))

    async def replace(
        self, kind: PageKind, page_id: str, draft: PageDraft, *, version: int, by: Principal
    ) -> SavedPage:
        """Change a page that is still at `version`.

        Raises `NotFoundError`, `InvalidRequestError`, and `ConflictError` where somebody changed it meanwhile.
        """
        values = _values(kind, draft)
        now_ns = self._clock.now_ns()

        def work(connection: Connection) -> SavedPage:
            held = _find(connection, kind, page_id)
            _require(held, version)
            changed = {"version": version + 1, "changed_ns": now_ns, "changed_by": by.name}
            connection.execute(
                update(saved_page).where(*_key(kind, page_id)).values(**changed, **values)
            )
            return _find(connection, kind, page_id)

        return self._learn(await self._store.run(work))

    async def remove(self, kind: PageKind, page_id: str, *, version: int) -> None:
        """Delete a page that is still at `version`; raises `NotFoundError`, `ConflictError`."""

        def work(connection: Connection) -> None:
            _require(_find(connection, kind, page_id), version)
            connection.execute(delete(saved_page).where(*_key(kind, page_id)))

        await self._store.run(work)
        if kind is PageKind.BOARD:
            self._shown.pop(page_id, None)

    def shows(self, page_id: str, what: str) -> bool:
        """Say whether a board shows a signal, a place of the plant, or a list by its name."""
        return self._shown.get(page_id, _NOTHING).has(what)

    def to_yaml(self, page: SavedPage) -> str:
        """Return a board as YAML."""
        return to_yaml(page)

    def from_yaml(self, text: str) -> PageDraft:
        """Return the board that a text describes; raises `InvalidRequestError` with every mistake in it."""
        return from_yaml(text)

    def _learn(self, page: SavedPage) -> SavedPage:
        if page.kind is PageKind.BOARD:
            self._shown[page.id] = shown_by(page.body)
        return page


def _values(kind: PageKind, draft: PageDraft) -> dict[str, Any]:
    title = " ".join(draft.title.split())
    if not title or len(title) > _TITLE_LENGTH or not title.isprintable():
        raise InvalidRequestError(f"title: want 1 to {_TITLE_LENGTH} printable characters")
    sharing = draft.sharing
    some = sharing.audience is Audience.SOME
    if some and not (sharing.roles or sharing.zones):
        raise InvalidRequestError("sharing: want roles or zones with `some`, else `owner` or `all`")
    return {
        "title": title,
        "audience": sharing.audience.value,
        "roles": list(sharing.roles) if some else [],
        "zones": list(sharing.zones) if some else [],
        "body": checked(kind, draft.body),
    }


def _require(held: SavedPage, version: int) -> None:
    if held.version != version:
        msg = f"{held.title!r} is at version {held.version} by {held.changed_by}, not {version}: read it again, or save a copy"
        raise ConflictError(msg)


def _key(kind: PageKind, page_id: str) -> tuple[Any, Any]:
    return saved_page.c.kind == kind.value, saved_page.c.id == page_id


def _find(connection: Connection, kind: PageKind, page_id: str) -> SavedPage:
    row = connection.execute(select(saved_page).where(*_key(kind, page_id))).first()
    if row is None:
        raise NotFoundError(f"there is no {kind.value} {page_id[:80]!r}; it may have been deleted")
    return _page(row)


def _free_id(connection: Connection, kind: PageKind, title: str) -> str:
    """Return a name for the address that no page of the kind has: the title's letters, and a number where needed."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or kind.value
    of_kind = select(saved_page.c.id).where(saved_page.c.kind == kind.value)
    taken = set(connection.execute(of_kind).scalars()) | _RESERVED
    number, found = 2, base
    while found in taken:
        found = f"{base}-{number}"
        number += 1
    return found


def _page(row: Row[Any]) -> SavedPage:
    return SavedPage(
        kind=PageKind(row.kind),
        id=row.id,
        title=row.title,
        owner=row.owner,
        sharing=Sharing(
            audience=Audience(row.audience), roles=tuple(row.roles), zones=tuple(row.zones)
        ),
        version=row.version,
        body=row.body,
        created_ns=row.created_ns,
        changed_ns=row.changed_ns,
        changed_by=row.changed_by,
    )
