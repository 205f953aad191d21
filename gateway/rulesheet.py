"""What people read and change of a rule: its settings with what each may be, where they come from, and its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class RuleOrigin(StrEnum):
    """Where the settings that run come from: the configuration's files, or a change by a person laid over them."""

    FILES = "files"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleField:
    """One setting: `wanted` says in words what it may be, `default` as the files would write it, None where it must be given."""

    name: str
    wanted: str
    description: str
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSheet:
    """A rule as it can be changed.

    `revision` is the newest version, which a change names so that two people do not overwrite each other. `in_files`
    are the settings the files say; `cases` names the test cases that the rule must pass before it is changed; `error`
    says why it does not run.
    """

    id: str
    revision: int
    origin: RuleOrigin
    settings: Mapping[str, object]
    in_files: Mapping[str, object]
    fields: Sequence[RuleField]
    cases: Sequence[str]
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """Settings as they are to be; `despite` names cases that fail with them and are known to."""

    settings: Mapping[str, object]
    reason: str
    despite: Sequence[str] = ()
