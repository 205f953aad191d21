"""The one-sided tests of a fix against worked numbers (production.md §2, phase 9)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rules.effect import fewest_to_pass, fisher_less, mean_less, quiet_time


@pytest.mark.parametrize(
    ("after", "p"), [((12, 600), 0.0020), ((9, 200), 0.47), ((0, 60), 0.052), ((0, 61), 0.0496)]
)
def test_worked_numbers(after: tuple[int, int], p: float) -> None:
    assert fisher_less(40, 800, *after) == pytest.approx(p, abs=0.005 if p > 0.4 else 5e-4)


def test_sixty_are_not_enough_and_sixty_one_are() -> None:
    assert fisher_less(40, 800, 0, 60) > 0.05 > fisher_less(40, 800, 0, 61)
    assert fewest_to_pass(40, 800) == 61
    assert fewest_to_pass(0, 800) is None


@pytest.mark.parametrize("seed", range(20))
def test_fisher_equals_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    made = random.integers(1, 3000, 2)
    bad = [int(random.integers(0, each + 1)) for each in made]
    table = np.array([[bad[1], made[1] - bad[1]], [bad[0], made[0] - bad[0]]], np.int64)
    expected = stats.fisher_exact(table, alternative="less")[1]
    assert fisher_less(bad[0], int(made[0]), bad[1], int(made[1])) == pytest.approx(
        expected, rel=1e-6, abs=1e-12
    )


def test_three_mean_times_are_five_percent() -> None:
    assert np.exp(-quiet_time(2.0, 10.0) * 0.2) == pytest.approx(0.0498, abs=5e-5)
    with pytest.raises(ValueError, match="at least one event"):
        quiet_time(0, 10)
    with pytest.raises(ValueError, match="0 <= bad <= made"):
        fisher_less(1, 0, 0, 1)


def test_one_stratum_is_welchs_test() -> None:
    random = np.random.default_rng(1)
    before, after = random.normal(0.3, 0.1, 30), random.normal(0.2, 0.05, 25)
    found = mean_less([("a", x) for x in before], [("a", x) for x in after])
    assert found is not None
    expected = stats.ttest_ind(after, before, equal_var=False, alternative="less")
    assert (found.p, found.freedom) == pytest.approx((expected.pvalue, expected.df))


def test_another_mix_of_products_proves_nothing() -> None:
    """Where only the easy product is made after, the plain mean falls and the compared one does not."""
    random = np.random.default_rng(2)
    hard = [("hard", x) for x in random.normal(0.4, 0.02, 20)]
    easy = [("easy", x) for x in random.normal(0.1, 0.02, 20)]
    after = [("easy", x) for x in random.normal(0.1, 0.02, 20)]
    found = mean_less([*hard, *easy], after)
    assert found is not None
    assert found.p > 0.05
    assert found.compared == 1.0
    assert mean_less(hard, after) is None
