"""Rules as people write them: what is refused and why, and what an issue says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.detect.options import RuleOptions, rule_types
from gateway.detect.wording import describe
from gateway.model import Signal
from rules.events import Event, EventKind

T = 1_767_225_600 * 1_000_000_000
LIMIT = {
    "type": "limit",
    "title": "Fill weight high",
    "signals": ["a/b/c/*/fill_weight"],
    "high": 504.0,
}
RATE = {
    "type": "rate_below_target",
    "title": "Line slow",
    "signals": ["a/b/c/*/good"],
    "target_per_min": 80.0,
}
MISSING = {"type": "missing", "title": "No data", "signals": ["a/b/**"], "after_s": 10.0}


def rule(base: dict[str, Any], **changes: Any) -> RuleOptions:
    values = {**base, **changes}
    return rule_types()[values["type"]].model_validate(values)


@pytest.mark.parametrize(
    ("base", "changes", "words"),
    [
        (LIMIT, {"high": None}, "neither high nor low is given"),
        (LIMIT, {"low": 505.0}, "high 504 is not above low 505"),
        (LIMIT, {"on_delay_s": -1}, "on_delay_s is -1, want 0 to 604800 seconds"),
        (LIMIT, {"low": 500.0, "deadband": 4.0}, "deadband 4 is not smaller than high - low = 4"),
        (LIMIT, {"deadband": -0.1}, "deadband is -0.1, want 0 or more"),
        (LIMIT, {"signals": []}, "at least 1 item"),
        (LIMIT, {"signals": ["fill_weight"]}, "has 1 levels, want 5"),
        (LIMIT, {"signals": ["a//b/c/d"]}, "pattern"),
        (LIMIT, {"hihg": 3}, "Extra inputs"),
        (LIMIT, {"title": "a\x1bb"}, "printable"),
        (RATE, {"target_per_min": None}, "want either target_per_min or target_signal"),
        (RATE, {"threshold_fraction": 1.5}, "less than or equal to 1"),
        (RATE, {"window_s": 0.2}, "window_s is 0.2, want at least 1 second"),
        (MISSING, {"after_s": 0}, "after_s is 0, want a number above 0"),
    ],
)
def test_a_mistake_says_what_would_be_right(
    base: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(base, **changes)


def test_the_version_follows_what_decides_the_outcome_only() -> None:
    version = rule(LIMIT).version()
    assert rule(LIMIT, title="Other", severity="P1", signals=["**"]).version() == version
    assert rule(LIMIT, high=505.0).version() != version
    assert len({rule(base).version() for base in (LIMIT, RATE, MISSING)}) == 3


@pytest.mark.parametrize(
    ("base", "changes", "side", "value", "limit", "said", "limits"),
    [
        (
            LIMIT,
            {"on_delay_s": 5.0, "deadband": 0.5},
            "high",
            504.31,
            504.0,
            "Fill weight 504.3 g above 504.0 g for 5 s at filler",
            {"high": 504.0, "deadband": 0.5},
        ),
        (LIMIT, {}, "high", 504.0, 504.0, "Fill weight 504.0 g at 504.0 g at filler", None),
        (
            LIMIT,
            {"low": 0.004},
            "low",
            -0.001,
            0.004,
            "Fill weight -0.001 g below 0.004 g at filler",
            {"low": 0.004, "deadband": 0.0},
        ),
        (
            RATE,
            {},
            "low",
            61.0,
            64.0,
            "Fill weight 61.0/min below 64.0/min (80% of the target 80.0/min) over 60 s at filler",
            {"low": 64.0, "target": 80.0},
        ),
        (
            MISSING,
            {},
            "",
            10.0,
            10.0,
            "Fill weight: no good sample for 10 s at filler",
            {"after_s": 10.0},
        ),
    ],
)
def test_an_issue_says_it_in_plain_words(
    base: dict[str, Any],
    changes: dict[str, Any],
    side: str,
    value: float,
    limit: float,
    said: str,
    limits: dict[str, float] | None,
) -> None:
    signal = Signal(path="a/b/c/filler/fill_weight", unit="g", decimals=1)
    event = Event(T, "r", "v", 0, side, EventKind.RAISED, T, value, limit, 1)
    words = describe(event, rule(base, **changes, description="Check the nozzle."), signal)
    assert words.title == said
    assert words.explanation.startswith(said + ". Rule: ")
    assert words.explanation.endswith("Check the nozzle.")
    assert limits is None or dict(words.limits) == limits
