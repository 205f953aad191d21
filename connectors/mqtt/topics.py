"""Topic templates: `plant1/{area}/{machine}/telemetry` as broker filter, as matcher and as source of a signal's path."""

from __future__ import annotations

import re
from typing import Final

MAX_LEVEL: Final = 64
_FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
_SPACE: Final = "x"


class TopicTemplate:
    """A compiled template; `filter` is what the broker is asked for, `names` the fields in order.

    One level is a literal, a field `{name}` or `+` (any level, not kept); the last level may be `#` (any number of
    levels, not kept). Raises `ValueError` for anything else.
    """

    def __init__(self, template: str) -> None:
        levels = template.split("/")
        problem = _template_problem(template, levels)
        if problem is not None:
            msg = f"topic {template!r}: {problem}"
            raise ValueError(msg)
        self.template = template
        self.names = tuple(m[1] for level in levels if (m := _FIELD.fullmatch(level)))
        self.filter = "/".join("+" if _FIELD.fullmatch(level) else level for level in levels)
        self.shares_signals = "+" in levels or "#" in levels
        self.literal = "+" not in self.filter and "#" not in self.filter
        self._pattern = re.compile(_pattern(levels), re.DOTALL)

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the level that each field stands for, or None where the topic does not match."""
        found = self._pattern.fullmatch(topic)
        return None if found is None else found.groupdict()


def _template_problem(template: str, levels: list[str]) -> str | None:
    if not template or len(template) > 1024 or not template.isprintable():
        return "want 1 to 1024 printable characters"
    if template.startswith("$"):
        return "topics of the broker itself ($SYS, $share) cannot be mapped"
    names = [m[1] for level in levels if (m := _FIELD.fullmatch(level))]
    if len(set(names)) != len(names):
        return "the same field stands twice"
    for at, level in enumerate(levels):
        if _FIELD.fullmatch(level) or level == "+" or (level == "#" and at == len(levels) - 1):
            continue
        if any(c in level for c in "{}+#"):
            return f"level {level!r}: want text, {{field}} in small letters, '+', or '#' as the last level; a field takes a whole level"
    return None


def _pattern(levels: list[str]) -> str:
    parts = []
    for level in levels:
        field = _FIELD.fullmatch(level)
        if field:
            parts.append(f"(?P<{field[1]}>[^/]*)")
        elif level == "+":
            parts.append("[^/]*")
        elif level != "#":
            parts.append(re.escape(level))
    pattern = "/".join(parts)
    if levels[-1] == "#":
        # By the standard `a/#` also matches `a` itself, and `#` everything but the broker's own topics.
        return rf"{pattern}(?:/.*)?" if parts else r"(?!\$).*"
    return pattern


def fields_of(template: str) -> set[str]:
    """Return the names of the fields that a signal template uses."""
    return set(_FIELD.findall(template))


def fill(template: str, levels: dict[str, str]) -> str:
    """Return a signal template with its fields filled in."""
    return _FIELD.sub(lambda m: levels[m[1]], template)


def example(template: str) -> str:
    """Return a signal template with every field filled by a harmless level, to check its form."""
    return _FIELD.sub(_SPACE, template)


def level_problem(levels: dict[str, str]) -> str | None:
    """Say which level of a topic cannot become part of a signal's path, or None."""
    for name, level in levels.items():
        if not level:
            return f"topic level {{{name}}} is empty"
        if len(level) > MAX_LEVEL:
            return f"topic level {{{name}}} has {len(level)} characters, at most {MAX_LEVEL} are allowed"
        if not all(c.isalnum() or c in "-_." for c in level):
            return f"topic level {{{name}}} is {level!a}: letters, digits, '-', '_' and '.' only"
    return None


def overlap(first: str, second: str) -> bool:
    """Return whether one topic can match both broker filters."""
    a, b = first.split("/"), second.split("/")
    for x, y in zip(a, b, strict=False):
        if "#" in {x, y}:
            return True
        if x != y and "+" not in {x, y}:
            return False
    if len(a) == len(b):
        return True
    longer = a if len(a) > len(b) else b
    return longer[min(len(a), len(b))] == "#" and abs(len(a) - len(b)) == 1
