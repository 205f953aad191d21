"""Test cases of rule files: what passes, and what is said of what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.detect.cases import CaseOptions, run_case
from gateway.detect.options import rule_types

W = "demo/packaging/l1/filler/weight"
RULES = {
    "heavy": rule_types()["limit"].model_validate(
        {
            "type": "limit",
            "title": "Heavy",
            "signals": ["demo/**/weight"],
            "high": 504,
            "on_delay_s": 3,
            "issue_type": "quality",
        }
    )
}
SAMPLES = Path(__file__).parents[4] / "gateway" / "config" / "samples"
CONFIG = """\
rules:
  heavy: {type: limit, title: Heavy, signals: [demo/**/weight], high: 504, on_delay_s: 3, issue_type: quality}
tests:
  heavy is told:
    csv: rows.csv
    until_s: 60
    expect: [{at_s: 13, onset_s: 10}]
"""


def case(**values: Any) -> CaseOptions:
    told = {"series": {W: [[0, 500], [10, 505]]}, "until_s": 60}
    return CaseOptions.model_validate(told | values)


def problems(tmp_path: Path, **values: Any) -> str:
    return "\n".join(run_case("one", case(**values), RULES, folder=tmp_path).problems)


def test_what_happens_as_expected_passes(tmp_path: Path) -> None:
    whole = {"at_s": 13, "rule": "heavy", "signal": W, "side": "high", "onset_s": 10, "value": 505}
    assert problems(tmp_path, expect=[whole]) == ""
    assert problems(tmp_path, expect=[{"at_s": 12.9}], tolerance_s=0.1) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "nobody expected raised at 13 s, rule heavy"),
        ({"expect": [{"at_s": 12.9}]}, "expected raised at 12.9 s, but it did not happen"),
        ({"expect": [{"at_s": 13, "event": "cleared"}]}, "expected cleared at 13 s"),
        ({"expect": [{"at_s": 13, "side": "low"}]}, "side low, but"),
        ({"expect": [{"at_s": 13, "value": 504}]}, "value 504, but"),
        ({"expect": [{"at_s": 13, "onset_s": 9}]}, "onset 9 s, but"),
        ({"expect": [{"at_s": 13}, {"at_s": 13}]}, "expected raised at 13 s, but"),
        ({"rules": ["havy"]}, "there is no rule 'havy': heavy"),
        ({"csv": "gone.csv"}, "gone.csv"),
        ({"series": {"a/b": [[0, 1]]}}, "2 levels, want 5"),
        ({"series": {W: [[61, 1]]}}, "want 0 to 60 s"),
        ({"series": {W: [[float("nan"), 1]]}}, "want 0 to 60 s"),
        ({"signals": {W: {"data_type": "string"}}}, "a limit needs numbers"),
    ],
)
def test_every_difference_is_told(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in problems(tmp_path, **changes)


def test_bad_rows_hold_the_delay(tmp_path: Path) -> None:
    series = {W: [[10, 505], [11, None], [20, 505]]}
    assert problems(tmp_path, series=series, expect=[{"at_s": 22, "onset_s": 10}]) == ""


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("10,{w},505,good", 0, "pass  heavy is told (1 events)"),
        ("10,{w},505,bad", 1, "FAIL  heavy is told"),
        ("10,{w},505", 0, "1 of 1 cases passed"),
        ("ten,{w},505,good", 1, "rows.csv:2: want columns"),
    ],
)
def test_the_command_tells_pass_and_fail(tmp_path: Path, row: str, code: int, said: str) -> None:
    (tmp_path / "rules.yaml").write_text(CONFIG)
    (tmp_path / "rows.csv").write_text("time_s,signal,value,quality\n" + row.format(w=W) + "\n")
    result = CliRunner().invoke(app, ["test-rules", str(tmp_path)])
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_the_samples_pass_their_own_cases() -> None:
    result = CliRunner().invoke(app, ["test-rules", str(SAMPLES / "demo")])
    assert result.exit_code == 0, result.output
