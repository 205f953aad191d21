"""The sample that shows one rule of every kind keeps what it promises."""

from __future__ import annotations

from pathlib import Path

import gateway.config
import gateway.detect
from gateway.commands.rule_tests import run
from gateway.config.schema import load
from gateway.detect.options import rule_types

SAMPLE = Path(gateway.detect.__file__).parent / "samples" / "rules.yaml"


def test_every_case_of_the_sample_passes() -> None:
    found = list(run(SAMPLE))
    assert [problem for result in found for problem in result.problems] == []
    assert len(found) >= 9


def test_the_sample_has_a_rule_of_every_kind_that_plant_yaml_lacks() -> None:
    shown = {rule.type for rule in load(SAMPLE).options.rules.values()}
    first = load(Path(gateway.config.__file__).parent / "samples" / "plant.yaml").options.rules
    shown |= {rule.type for rule in first.values()}
    assert shown >= {
        "limit", "rate_below_target", "missing", "spc", "rate_of_change", "range", "stuck", "spike",
        "state_duration", "stale", "expression", "attribute_chart", "multivariate", "seasonal",
    }  # fmt: skip
    assert shown <= {*rule_types()}
