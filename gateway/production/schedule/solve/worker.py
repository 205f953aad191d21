"""The child process that searches: problem in on standard input, progress and result out, a line each."""

from __future__ import annotations

import os
import sys
from typing import Any

from gateway.errors import TaktlineError
from gateway.production.schedule.solve.strategy import Exact, Progress, search
from gateway.production.schedule.solve.wire import (
    dump_plan,
    from_line,
    load_plan,
    load_problem,
    to_line,
)

NICENESS = 15


def main() -> None:
    """Search at low priority and say what was found."""
    os.nice(NICENESS)
    asked = from_line(sys.stdin.buffer.readline())

    def say(data: dict[str, Any]) -> None:
        sys.stdout.buffer.write(to_line(data))
        sys.stdout.buffer.flush()

    def tell(progress: Progress) -> None:
        say({"share": progress.share, "cost": progress.cost, "phase": progress.phase})

    try:
        found = search(
            load_problem(asked["problem"]),
            seconds=asked["seconds"],
            seed=asked["seed"],
            exact=Exact(asked["exact"]),
            start=None if asked["start"] is None else load_plan(asked["start"]),
            tell=tell,
        )
    except TaktlineError as error:
        say({"refused": str(error)})
        return
    say({"plan": dump_plan(found.plan), "cost": found.cost, "method": found.method})


if __name__ == "__main__":
    main()
