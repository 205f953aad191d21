"""The worked examples E1 to E5, to the last digit, and what is missing is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rules.throughput.ratios import (
    Elements,
    MinorStops,
    elements,
    losses,
    mean_time_to_acknowledge_s,
    ratios,
    takt_s,
    too_fast,
)
from rules.throughput.sums import WIDTH, Field, whole

MIN = 60e9


def busy(**values: float):
    """Return sums; times in minutes."""
    row = np.zeros(WIDTH)
    for name, value in values.items():
        field = Field[name.upper()]
        row[field] = value * (MIN if field <= Field.GOOD_IDEAL else 1)
    return row


def of(row, switch: MinorStops = MinorStops.ISO, **more: Any) -> Elements:
    return elements(row, minor_stops=switch, **more)


def test_e1_vorne() -> None:
    row = busy(
        apt=373, adet_internal=47, good=18848, scrap=423, ideal=19271 / 60, good_ideal=18848 / 60
    )
    found = ratios(of(row))
    assert found["availability"] == pytest.approx(0.888095238095238, abs=1e-12)
    assert found["effectiveness"] == pytest.approx(0.8610813226094728, abs=1e-12)
    assert found["quality"] == pytest.approx(0.9780499195682631, abs=1e-12)
    assert found["oee"] == pytest.approx(0.7479365079365079, abs=1e-12)
    assert losses(of(row))["productive"] == pytest.approx(314.1333333333333 * 60)


def test_e2_tpm_book() -> None:
    row = busy(apt=783, adet_internal=115, asut=12, good=203, ideal=609, good_ideal=609)
    found = ratios(of(row))
    assert found["availability"] == pytest.approx(0.8604395604395605, abs=1e-12)
    assert found["effectiveness"] == pytest.approx(0.7777777777777778, abs=1e-12)


E3 = busy(
    apt=360, asut=25, adet_internal=35, adot=30, good=662, scrap=14, rework=8, ideal=342, good_ideal=331
)  # fmt: skip


def test_e3_iso_22400_shift() -> None:
    e = replace(of(E3, planned_down_s=1800.0, calendar_s=86400.0), aoet=500 * 60)
    assert (e.pot, e.pbt, e.apt, e.adet, e.adot, e.pq) == (28800, 27000, 21600, 2100, 1800, 684)
    found = ratios(e)
    wanted = {
        "availability": 0.8,
        "effectiveness": 0.95,
        "quality_ratio": 0.9678362573099415,
        "quality": 0.9678362573099415,
        "oee": 0.7355555555555555,
        "nee": 0.7866358024691358,
        "allocation_efficiency": 0.9333333333333333,
        "utilization_efficiency": 0.8571428571428571,
        "technical_efficiency": 0.9113924050632911,
        "setup_rate": 0.06493506493506493,
        "allocation_ratio": 0.84,
        "production_process_ratio": 0.72,
        "throughput_per_min": 1.368,
        "scrap_ratio": 0.02046783625730994,
        "rework_ratio": 0.011695906432748537,
        "teep": 0.2298611111111111,
    }
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert takt_s(27000, 600) == 45.0


def test_e4_reliability() -> None:
    row = busy(apt=1100, asut=100, adet_internal=75, repair=75, failures=3)
    found = ratios(of(row))
    assert found["mtbf_s"] == 400 * 60
    assert found["mttr_s"] == 25 * 60
    assert found["inherent_availability"] == pytest.approx(0.9411764705882353, abs=1e-12)
    assert mean_time_to_acknowledge_s([2, 5, 1]) == pytest.approx(2.6666666666666665)


def test_e5_roll_up_adds_and_never_averages() -> None:
    one = busy(apt=450, good=1, ideal=331, good_ideal=331)
    two = busy(apt=240, good=1, ideal=216, good_ideal=216)
    found = ratios(of(whole([one, two])))
    assert found["oee"] == pytest.approx(0.7927536231884058, abs=1e-12)
    mean = (ratios(of(one))["oee"] or 0) / 2 + (ratios(of(two))["oee"] or 0) / 2
    assert mean == pytest.approx(0.8177777777777778)


def test_the_switch_moves_minor_stops_and_leaves_oee_alone() -> None:
    row = E3 + busy(minor=10) - busy(adet_internal=10)
    iso, six = ratios(of(row)), ratios(of(row, MinorStops.SIX_LOSSES))
    assert iso["availability"] == pytest.approx(0.8)
    assert six["availability"] == pytest.approx(370 / 450)
    assert six["effectiveness"] == pytest.approx(342 / 370)
    assert six["oee"] == pytest.approx(iso["oee"])
    assert six["mtbf_s"] == iso["mtbf_s"]


@pytest.mark.parametrize("switch", list(MinorStops))
def test_losses_and_productive_time_make_up_the_planned_busy_time(switch: MinorStops) -> None:
    row = E3 + busy(minor=4, adet_external=9, start_up_scrap=3)
    found = losses(of(row, switch))
    assert sum(value or 0 for value in found.values()) == pytest.approx(of(row, switch).pbt)
    assert found["small_stops"] == 240
    assert found["start_up_rejects"] == pytest.approx(11 * 60 * 3 / 22)


def test_unknown_time_is_out_of_the_planned_busy_time_and_shows_as_coverage() -> None:
    found = ratios(of(E3 + busy(unknown=50)))
    assert found["oee"] == pytest.approx(0.7355555555555555)
    assert found["coverage"] == pytest.approx(0.9)


def test_what_is_not_known_is_none_and_no_guess() -> None:
    assert all(value is None for value in ratios(of(busy())).values())
    blind = ratios(of(E3, scrap_known=False))
    assert (blind["quality"], blind["oee"], blind["effectiveness"]) == (None, None, 0.95)
    unrated = ratios(of(E3 + busy(unrated=1)))
    assert (unrated["effectiveness"], unrated["oee"], unrated["availability"]) == (None, None, 0.8)
    assert unrated["quality"] == pytest.approx(662 / 684)
    idle = ratios(of(busy(adet_internal=10)))
    assert (idle["oee"], idle["availability"], idle["effectiveness"]) == (0.0, 0.0, None)


def test_more_than_possible_is_not_capped() -> None:
    fast = of(busy(apt=10, good=22, ideal=11, good_ideal=11))
    assert ratios(fast)["effectiveness"] == pytest.approx(1.1)
    assert too_fast(fast)
    assert not too_fast(of(E3))
