"""Errors whose class names the caller's next move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class TaktlineError(Exception):
    """Base of every error that Taktline raises on purpose."""


class NotConnectedError(TaktlineError):
    """The peer is not there or went away: connect again, with back-off."""


class BackOffError(TaktlineError):
    """The peer asked for quiet: wait at least `wait_s` seconds before the next try."""

    def __init__(self, message: str, *, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class RefusedError(TaktlineError):
    """The peer refused us for a reason a retry alone will not change (password, certificate, rights).

    Keep retrying slowly, and show the reason to a person.
    """


class EndedError(TaktlineError):
    """The source has no more to give: do not connect again."""


class ConfigError(TaktlineError):
    """The configuration is wrong: a person must change it. The message says where and what would be right."""


class JournalFullError(TaktlineError):
    """The journal holds as much as it may: stop acknowledging until consumers have caught up."""


class StorageError(TaktlineError):
    """The disk or the database refused: nothing was committed, try again."""


class NotFoundError(TaktlineError):
    """No such thing: the message names it and what was searched."""


class ConflictError(TaktlineError):
    """The thing is no longer in the state the caller assumed: read it again, then decide."""


class InvalidRequestError(TaktlineError):
    """The request cannot be carried out as asked: the message says what would be right."""


class Mistake(NamedTuple):
    """One thing that is wrong: where it stands, what it is, and what would be right."""

    where: str
    what: str
    wanted: str


class MistakesError(InvalidRequestError):
    """What was handed over holds mistakes: `mistakes` lists every one of them, so that a person mends all at once."""

    def __init__(self, message: str, mistakes: Sequence[Mistake]) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


class NotSentError(TaktlineError):
    """A command did not leave the gateway: nothing has changed at the machine, a person may decide anew."""


class CommandRefusedError(TaktlineError):
    """The machine answered that it did not carry the command out: nothing has changed there."""


class UnansweredError(TaktlineError):
    """A command may have been carried out and nobody knows: never send it again, look at the machine."""


class ForbiddenError(TaktlineError):
    """Who asks may not do this: ask somebody who may. The message says what it takes."""
