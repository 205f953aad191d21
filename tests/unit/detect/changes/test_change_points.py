"""Changes of the mean in an issue's evidence, found by a worker of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.detect.changes import offline
from gateway.detect.changes.offline import change_points
from gateway.deviation import EvidenceSeries, Issue, IssueState, IssueType, Severity
from gateway.errors import InvalidRequestError, StorageError

S = 1_000_000_000
SIGNAL = "p/a/l/m/x"


def issue(values: list[float | None]) -> Issue:
    evidence = EvidenceSeries(
        path=SIGNAL,
        unit="g",
        time_ns=[n * S for n in range(len(values))],
        value=values,
        quality=[0] * len(values),
    )
    fields: dict[str, Any] = {
        "number": 7, "state": IssueState.OPEN, "title": "t", "severity": Severity.P3,
        "type": IssueType.QUALITY, "cause": "c", "rule": "r", "rule_version": "1",
        "asset": "p/a/l/m", "signal": SIGNAL, "onset_ns": 205 * S, "opened_ns": 206 * S,
        "active": True, "cleared_ns": None, "closed_ns": None, "occurrences": 1, "value": 1.0,
        "limits": {}, "explanation": "e", "evidence": (evidence,),
    }  # fmt: skip
    return Issue(**fields)


async def test_a_step_is_found_where_it_happened() -> None:
    pytest.importorskip("ruptures", reason="wants the extra `analysis`")
    values: list[float | None] = np.random.default_rng(3).normal(500.0, 1.0, 400).tolist()
    values = [v + 3.0 if n >= 200 and v is not None else v for n, v in enumerate(values)]
    values[50] = None
    found = await change_points(issue(values))
    assert (found.issue, found.samples, found.onset_ns) == (7, 399, 205 * S)
    (one,) = found.found
    assert abs(one.time_ns // S - 200) <= 2
    assert (one.before, one.after) == (
        pytest.approx(500.0, abs=0.3),
        pytest.approx(503.0, abs=0.3),
    )
    calm: list[float | None] = np.random.default_rng(4).normal(500.0, 1.0, 400).tolist()
    assert (await change_points(issue(calm))).found == ()
    assert (await change_points(issue([1.0] * 50))).found == ()


async def test_what_cannot_be_searched_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(issue([1.0]), evidence=())
    with pytest.raises(InvalidRequestError, match="no evidence"):
        await change_points(bare)
    monkeypatch.setattr(offline, "find_spec", lambda name: None)
    with pytest.raises(InvalidRequestError, match="extra `analysis`"):
        await change_points(issue([1.0]))


async def test_a_worker_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "find_spec", lambda name: True)
    monkeypatch.setattr(offline, "WORKER", "gateway.detect.changes.nowhere")
    with pytest.raises(StorageError, match="the search failed"):
        await change_points(issue([1.0, 2.0]))
