"""Boards as YAML: what one gateway writes another reads, strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from gateway.board import PageDraft, PageKind, SavedPage, Sharing
from gateway.boards.content import checked
from gateway.errors import InvalidRequestError

FORMAT: Final = 1
MAX_TEXT: Final = 200_000
_HEAD: Final = "taktline_board"


def to_yaml(page: SavedPage) -> str:
    """Return a board as YAML, without who owns it and who sees it: those belong to the gateway it is on."""
    document = {_HEAD: FORMAT, "title": page.title, **page.body}
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def from_yaml(text: str) -> PageDraft:
    """Return the board that a text describes; raises `InvalidRequestError` with every mistake, place and remedy."""
    document = _read(text)
    if document.pop(_HEAD, None) != FORMAT:
        raise InvalidRequestError(f"{_HEAD}: want {FORMAT}, the format that this gateway writes")
    title = document.pop("title", "")
    if not isinstance(title, str) or not title.strip():
        raise InvalidRequestError("title: want the name of the board")
    return PageDraft(title=title, sharing=Sharing(), body=checked(PageKind.BOARD, document))


def _read(text: str) -> dict[str, Any]:
    if len(text) > MAX_TEXT:
        raise InvalidRequestError(
            f"the text has {len(text)} characters, at most {MAX_TEXT} are read"
        )
    try:
        # An alias of an alias of a list would become more than any board.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise InvalidRequestError("the text uses an alias (*name): write its content out")
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidRequestError(f"line {line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"the text cannot be read as YAML: {str(error)[:200]}") from error
    if not isinstance(document, Mapping) or not all(isinstance(key, str) for key in document):
        raise InvalidRequestError(f"want `key: value` lines that begin with {_HEAD}: {FORMAT}")
    return dict(document)
