"""Asks the worker for the changes in an issue's evidence; a missing extra is said, not guessed around."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from importlib.util import find_spec
from itertools import pairwise
from typing import Final

from gateway.deviation import ChangePoints, Issue, OfflineChange
from gateway.errors import InvalidRequestError, StorageError

LONGEST_S: Final = 30.0
WORKER: Final = "gateway.detect.changes.worker"


async def change_points(issue: Issue) -> ChangePoints:
    """Return where the mean of an issue's signal changed; raises `InvalidRequestError`, `StorageError`."""
    series = next((one for one in issue.evidence if one.path == issue.signal), None)
    if series is None:
        raise InvalidRequestError(
            "no evidence of the issue's signal was kept, so nothing can be searched"
        )
    if find_spec("ruptures") is None:
        raise InvalidRequestError(
            "this needs the extra `analysis`: pip install 'taktline[analysis]'"
        )
    kept = [
        (time_ns, value)
        for time_ns, value, quality in zip(
            series.time_ns, series.value, series.quality, strict=True
        )
        if value is not None and quality < 0x8000_0000
    ]
    found = await _ask([value for _, value in kept])
    return ChangePoints(
        issue=issue.number,
        signal=issue.signal,
        samples=len(kept),
        onset_ns=issue.onset_ns,
        found=_levels(kept, found),
    )


async def _ask(values: list[float]) -> list[int]:
    """Run the worker; it is ended where it takes too long or nobody waits any more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", WORKER, stdin=-1, stdout=-1, stderr=-1
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            out, said = await process.communicate(json.dumps(values).encode())
    except TimeoutError as error:
        raise StorageError(f"the search took longer than {LONGEST_S:g} s and was ended") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        raise StorageError(f"the search failed: {last[0][:200]}")
    answer: list[int] = json.loads(out)
    return answer


def _levels(kept: list[tuple[int, float]], found: list[int]) -> tuple[OfflineChange, ...]:
    edges = [0, *found, len(kept)]
    level = [statistics.fmean(value for _, value in kept[a:b]) for a, b in pairwise(edges) if b > a]
    return tuple(
        OfflineChange(time_ns=kept[at][0], before=level[n], after=level[n + 1])
        for n, at in enumerate(found)
    )
