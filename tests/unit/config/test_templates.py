"""Templates of rules: parameters, overrides, and mistakes reported at the line that says them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.problems import InvalidConfigError
from gateway.config.schema import load

TEXT = """\
templates:
  filler:
    parameters: {weight: fill_weight, high: 510, silent_s:}
    rules:
      weight_high:
        type: limit
        title: Fill weight above $(high) g
        signals: ["$(machine)/$(weight)"]
        high: $(high)
        deadband: 1
      silent:
        type: missing
        title: Silent
        signals: ["$(machine)/*"]
        after_s: $(silent_s)
use:
  filler1:
    template: filler
    machine: p/a/l1/filler
    values: {silent_s: 10}
  filler2:
    template: filler
    machine: p/a/l2/filler
    values: {silent_s: 30, high: 505}
    override:
      weight_high: {severity: P1}
      silent: {enabled: false}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "plant.yaml"
    file.write_text(text)
    return file


def mistakes(folder: Path, old: str, new: str) -> list[str]:
    assert old in TEXT
    with pytest.raises(InvalidConfigError) as caught:
        load(written(folder, TEXT.replace(old, new, 1)))
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_template_gives_rules_to_every_machine_it_is_used_for(tmp_path: Path) -> None:
    rules = load(written(tmp_path, TEXT)).options.rules
    assert list(rules) == [
        "filler1.weight_high",
        "filler1.silent",
        "filler2.weight_high",
        "filler2.silent",
    ]
    first, other = rules["filler1.weight_high"], rules["filler2.weight_high"]
    assert first.model_dump()["high"] == 510.0
    assert (first.title, first.signals) == (
        "Fill weight above 510 g",
        ["p/a/l1/filler/fill_weight"],
    )
    assert (other.model_dump()["high"], other.severity.value) == (505.0, "P1")
    assert [rules[f"filler{n}.silent"].enabled for n in (1, 2)] == [True, False]


def test_rules_of_templates_and_plain_ones_stand_side_by_side(tmp_path: Path) -> None:
    plain = 'rules: {other: {type: missing, title: S, signals: ["**"], after_s: 5}}\n'
    assert "other" in load(written(tmp_path, TEXT + plain)).options.rules
    clash = plain.replace("other:", "filler1.silent:")
    with pytest.raises(InvalidConfigError, match=r"there is a rule 'filler1\.silent' already"):
        load(written(tmp_path, TEXT + clash))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("template: filler\n", "template: fillr\n", 18, "'fillr' is no template (want filler?)"),
        ("deadband: 1", "dedband: 1", 10, "unknown key (want deadband?)"),
        ("deadband: 1", "deadband: -1", 5, "deadband is -1"),
        ("high: 505", "high: much", 24, "'much'"),
        ("severity: P1", "severity: P9", 26, "'P9'"),
        ("silent: {enabled", "silnt: {enabled", 27, "filler has no rule 'silnt'"),
        ("values: {silent_s: 10}", "values: {silent: 10}", 20, "is no parameter (want weight, high, silent_s)"),
        ("    values: {silent_s: 10}\n", "", 17, "parameter silent_s is missing"),
        ("$(machine)/*", "$(machin)/*", 14, "$(machin) is no parameter"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_where_it_stands(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    found = mistakes(tmp_path, old, new)
    assert any(f"plant.yaml:{line}" in each and words in each for each in found), found
