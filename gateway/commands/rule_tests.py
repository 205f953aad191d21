"""`taktline test-rules`: the cases that rule files carry, run through the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.config.schema import load
from gateway.detect.cases import CaseResult, run_case


def run(path: Path) -> Iterator[CaseResult]:
    """Run every case of a configuration; raises `InvalidConfigError`. Opens no socket."""
    loaded = load(path)
    folder = path if path.is_dir() else path.parent
    for name, case in loaded.options.tests.items():
        yield run_case(name, case, loaded.options.rules, folder=folder)


def say(result: CaseResult) -> str:
    """Return a line on a case that passed, and a line a difference on one that did not."""
    if not result.problems:
        return f"  pass  {result.name} ({result.events} events)"
    lines = [f"  FAIL  {result.name}", *(f"        {problem}" for problem in result.problems)]
    return "\n".join(lines)
