"""Pages that people make and keep: boards of tiles, and views of explore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class PageKind(StrEnum):
    """What a saved page is."""

    BOARD = "board"
    VIEW = "view"


class Audience(StrEnum):
    """Who besides its owner sees a saved page: nobody, some roles and zones, or everybody."""

    OWNER = "owner"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Who sees a saved page; with `some` those who hold one of `roles` (any where empty) in one of `zones` (likewise)."""

    audience: Audience = Audience.OWNER
    roles: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDraft:
    """What somebody wants to keep: a title, who sees it, and the content."""

    title: str
    sharing: Sharing
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPage:
    """A page as it is kept; `version` rises by one with every change, and a change names the one it was made from."""

    kind: PageKind
    id: str
    title: str
    owner: str
    sharing: Sharing
    version: int
    body: Mapping[str, Any]
    created_ns: int
    changed_ns: int
    changed_by: str
