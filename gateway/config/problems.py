"""Mistakes in a configuration: all at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake: `path` is the dotted place in the configuration, `wanted` what would be right."""

    file: str
    line: int
    path: str
    what: str
    wanted: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" {self.path}:" if self.path else ":"
        remedy = f" (want {self.wanted})" if self.wanted else ""
        return f"{place}{where} {self.what}{remedy}"


class InvalidConfigError(ConfigError):
    """The configuration holds mistakes; `problems` lists every one of them, in the order of files and lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        super().__init__("\n".join([f"{head} in the configuration:", *map(str, self.problems)]))
