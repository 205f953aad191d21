"""Control charts as people write them: what is refused, what is solved, and what an issue says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.detect import running
from gateway.detect.options import SpcRule, rule_types
from gateway.detect.wording import describe
from gateway.model import Signal
from rules.events import Event, EventKind
from rules.spc.arl import cusum, ewma
from rules.spc.charts.ewma import Bounds
from rules.spc.runrules import RunRule
from rules.spc.spec import Detector

T = 1_767_225_600 * 1_000_000_000
CHART = {"type": "spc", "title": "Fill weight drifts", "signals": ["a/b/c/*/fill_weight"]}
SOLVED = {"false_alarm_every_days": 30.0, "point_every_s": 60.0}


def rule(**changes: Any) -> SpcRule:
    made = rule_types()["spc"].model_validate({**CHART, **changes})
    assert isinstance(made, SpcRule)
    return made


def test_the_shortest_chart_is_rule_one_on_learned_limits() -> None:
    spec = rule().to_spec("r")
    assert (spec.run_rules, spec.limits, spec.phase_one_points) == ((RunRule.N1,), None, 100)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run_rules": ["N9"]}, "N9|N1"),
        ({"run_rules": []}, "nothing would raise"),
        ({"phase_one_points": 20}, "phase_one_points is 20, want at least 100"),
        ({"ewma_weight": 0.2}, "both ewma_weight and ewma_width"),
        ({"ewma_width": "solve", **SOLVED}, "wants an ewma_weight"),
        ({"cusum_limit": "solve"}, "false_alarm_every_days and point_every_s are wanted"),
        ({"cusum_limit": "solve", **SOLVED, "point_every_s": 0}, "above 0"),
        ({"cusum_limit": "solve", **SOLVED, "point_every_s": 0.001}, "want 2 to 1e"),
        ({"limits": {"centre": 1.0, "sigma": 0.0}}, "sigma is 0"),
        ({"treatment": "thin"}, "none"),
        ({"spread": "range", "subgroup_s": 5}, "differ in size"),
    ],
)
def test_a_mistake_says_what_would_be_right(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**changes)


def test_limits_are_solved_from_days_between_false_alarms() -> None:
    made = rule(ewma_weight=0.2, ewma_width="solve", cusum_limit="solve", **SOLVED).to_spec("r")
    points = 30 * 86_400 / 60
    assert made.ewma_width is not None
    assert made.cusum_limit is not None
    arl = ewma.arl(weight=0.2, width=made.ewma_width, bounds=Bounds.EXACT)
    assert arl == pytest.approx(points, rel=1e-4)
    assert cusum.arl(reference=0.5, limit=made.cusum_limit) == pytest.approx(points, rel=1e-4)
    by_time = rule(cusum_limit="solve", subgroup_s=60.0, false_alarm_every_days=30.0).to_spec("r")
    assert by_time.cusum_limit == made.cusum_limit


def test_the_version_follows_the_limits() -> None:
    given = {"centre": 500.0, "sigma": 0.5}
    versions = [rule(), rule(limits=given), rule(limits={**given, "phi": 0.5}), rule(clear_after=9)]
    assert len({made.version() for made in versions}) == 4
    assert rule(title="Other").version() == rule().version()


def test_given_limits_in_another_unit_disable_the_rule() -> None:
    signals = [Signal(path="a/b/c/filler/fill_weight", unit="kg")]
    given = {"centre": 500.0, "sigma": 0.5}
    _, errors = running.bind({"r": rule(limits=given, unit="g")}, signals, failed={})
    assert "is in kg" in errors["r"]
    assert running.bind({"r": rule(limits=given)}, signals, failed={})[1] == {}


@pytest.mark.parametrize(
    ("fired", "value", "limit", "said", "limits"),
    [
        (
            [RunRule.N1],
            504.31,
            503.0,
            "Fill weight 504.3 g out of control: a point beyond 3 sigma (N1, limit 503.0 g) at filler",
            {"high": 503.0},
        ),
        (
            [RunRule.N2, RunRule.WE4, Detector.CUSUM],
            499.0,
            500.0,
            "Fill weight 499.0 g out of control: nine points in a row on one side of the centre"
            " (N2, centre 500.0 g, also WE4, CUSUM) at filler",
            {"centre": 500.0},
        ),
        (
            [RunRule.N2, RunRule.N5],
            497.5,
            498.0,
            "Fill weight 497.5 g out of control: two of three points beyond 2 sigma"
            " (N5, limit 498.0 g, also N2) at filler",
            {"low": 498.0},
        ),
        (
            [Detector.EWMA],
            501.5,
            501.0,
            "Fill weight 501.5 g out of control: the moving average outside its limit"
            " (EWMA, limit 501.0 g) at filler",
            {"high": 501.0},
        ),
        (
            [RunRule.N4, Detector.EWMA],
            500.5,
            500.0,
            "Fill weight 500.5 g out of control: fourteen points in a row up and down by turns"
            " (N4, centre 500.0 g, also EWMA) at filler",
            {"centre": 500.0},
        ),
    ],
)
def test_an_issue_says_which_rule_found_it(
    fired: list[int], value: float, limit: float, said: str, limits: dict[str, float]
) -> None:
    signal = Signal(path="a/b/c/filler/fill_weight", unit="g", decimals=1)
    code = sum(1 << bit for bit in fired)
    event = Event(T, "r", "v", 0, "", EventKind.RAISED, T, value, limit, 1, code)
    words = describe(event, rule(), signal)
    assert words.title == said
    assert dict(words.limits) == limits
