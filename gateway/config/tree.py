"""Plain values that remember file and line of every key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from gateway.config.problems import Problem

Place: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the root to a value."""


@dataclass(slots=True)
class Tree:
    """The values of a configuration and where each stands; `problems` holds what could not be read."""

    values: dict[str, object] = field(default_factory=dict)
    marks: dict[Place, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def mark(self, place: Place) -> tuple[str, int]:
        """Return file and line of a value, or of the nearest thing around it."""
        for length in range(len(place), -1, -1):
            found = self.marks.get(place[:length])
            if found is not None:
                return found
        return (str(self.files[0]) if self.files else "configuration", 0)

    def complain(
        self, file: Path, what: str, wanted: str, *, line: int = 0, place: Place = ()
    ) -> None:
        """Note a mistake."""
        self.problems.append(
            Problem(file=str(file), line=line, path=dotted(place), what=what, wanted=wanted)
        )

    def join(self, part: dict[str, object], file: Path) -> None:
        """Add a fragment: mappings merge, anything else said twice is a mistake."""
        self._join(self.values, part, (), file)

    def _join(
        self, into: dict[str, object], part: dict[str, object], place: Place, file: Path
    ) -> None:
        for key, value in part.items():
            held = into.get(key)
            if key not in into:
                into[key] = value
            elif isinstance(held, dict) and isinstance(value, dict):
                self._join(held, value, (*place, key), file)
            else:
                here = (*place, key)
                first_file, first_line = self.mark(here)
                self.complain(
                    file,
                    f"{first_file}:{first_line} says this already",
                    "each setting in one file",
                    place=here,
                )


def dotted(place: Place) -> str:
    """Write a place as people read it: `connectors.filler.nodes[3].signal`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")
