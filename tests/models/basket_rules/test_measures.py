from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom
from statsmodels.stats.multitest import multipletests

from models.basket_rules.measures import adjusted_p_values, fisher_p_values, lift_interval, measures
from models.basket_rules.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence


def rules(together: Sequence[int], antecedents: Sequence[int], consequents: Sequence[int]) -> Rules:
    count = len(together)
    side = np.zeros((count, 1), dtype=np.int32)
    both, left, right = (np.asarray(values, dtype=np.int64) for values in (together, antecedents, consequents))
    return Rules(side, side, both, left, right, np.zeros(count))


@given(st.data())
def test_fisher_is_the_upper_tail_of_the_hypergeometric(data: st.DataObject) -> None:
    total = data.draw(st.integers(2, 5_000))
    antecedent = data.draw(st.integers(1, total))
    consequent = data.draw(st.integers(1, total))
    together = data.draw(st.integers(max(antecedent + consequent - total, 1), max(min(antecedent, consequent), 1)))
    found = fisher_p_values(rules([together], [antecedent], [consequent]), total)
    assert found[0] == pytest.approx(hypergeom.sf(together - 1, total, antecedent, consequent), rel=1e-6, abs=1e-12)


def test_adjustment_is_that_of_benjamini_and_hochberg() -> None:
    p_values = np.random.default_rng(1).random(50) ** 3
    np.testing.assert_allclose(adjusted_p_values(p_values), multipletests(p_values, method="fdr_bh")[1])
    assert len(adjusted_p_values(np.empty(0))) == 0


def test_the_interval_of_a_lift_holds_the_truth_19_times_in_20() -> None:
    generator = np.random.default_rng(2)
    shares, order_count = np.array([0.04, 0.06, 0.08]), 3_000
    truth = 0.04 / (0.10 * 0.12)
    both, one, other, _ = generator.multinomial(order_count, [*shares, 1 - shares.sum()], size=4_000).T
    lower, upper = lift_interval(both, both + one, both + other, order_count)
    assert np.mean((lower <= truth) & (truth <= upper)) == pytest.approx(0.95, abs=0.015)


def test_a_rule_that_never_fails_has_no_conviction() -> None:
    found = measures(rules([10, 5], [10, 10], [20, 20]), 100)
    assert np.isnan(found["conviction"][0])
    assert found["conviction"][1] == pytest.approx(0.8 / 0.5)
    assert found["zhangs_metric"][0] == pytest.approx(8 / 9)


def test_the_variance_of_a_log_lift_has_all_its_terms() -> None:
    # Of 1,000 orders 50 hold one side, 40 the other and 20 both: 1/20 - 1/50 - 1/40 + 2 * 20 / (50 * 40) - 1/1000.
    half = 1.959963984540054 * np.sqrt(0.024)
    lower, upper = lift_interval(np.array([20]), np.array([50]), np.array([40]), 1_000)
    np.testing.assert_allclose([lower[0], upper[0]], [10 * np.exp(-half), 10 * np.exp(half)], rtol=1e-12)
