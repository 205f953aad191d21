"""What an import lets pass and a person should still look at."""

from __future__ import annotations

from gateway.production.model import SetupMatrix


def detours(matrix: SetupMatrix, *, shortest_run_min: int) -> tuple[str, ...]:
    """Return a sentence for each change-over that takes longer than a detour over a third family with a run there.

    Such a matrix is seldom meant, and makes an exact search rule out plans that work.
    """
    families = sorted({each for pair in matrix.minutes for each in pair})
    found = []
    for (a, c), direct in sorted(matrix.minutes.items()):
        ways = [
            (matrix.minutes.get((a, b), 0) + shortest_run_min + matrix.minutes.get((b, c), 0), b)
            for b in families
            if b not in {a, c}
        ]
        if ways and min(ways)[0] < direct:
            around, b = min(ways)
            found.append(
                f"{matrix.work_centre}: {a} to {c} takes {direct} min, by way of {b} only {around}"
            )
    return tuple(found)
