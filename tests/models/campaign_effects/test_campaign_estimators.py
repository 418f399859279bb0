"""Estimators against statsmodels and scipy, and the planted effect over many seeds."""

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from models.campaign_effects.balance import sample_ratio_p_value, standardised_difference
from models.campaign_effects.conversion import compare_conversion, relative_lift
from models.campaign_effects.estimators import Arm, Effect, difference_in_means, regression_adjusted


def _arms(seed: int, effect: float = 2.0, treated: int = 400, control: int = 150) -> tuple[Arm, Arm]:
    generator = np.random.default_rng(seed)

    def arm(size: int, lift: float) -> Arm:
        love = generator.gamma(2, 5, size)
        before = np.column_stack([love + generator.normal(0, 2, size), generator.poisson(love / 5)])
        return Arm(love * 1.5 + lift + generator.normal(0, 3, size), before)

    return arm(treated, effect), arm(control, 0.0)


def test_adjustment_equals_the_interacted_regression_with_hc2_errors() -> None:
    treated, control = _arms(1)
    covariates = np.concatenate([treated.covariates, control.covariates])
    centred = covariates - covariates.mean(axis=0)
    arm = np.repeat([1.0, 0.0], [len(treated.outcome), len(control.outcome)])
    design = np.column_stack([np.ones(len(arm)), arm, centred, centred * arm[:, None]])
    fitted = sm.OLS(np.concatenate([treated.outcome, control.outcome]), design).fit(cov_type="HC2")
    found = regression_adjusted(treated, control)
    assert found.value == pytest.approx(fitted.params[1])
    assert found.standard_error == pytest.approx(fitted.bse[1])


def test_the_difference_in_means_is_welchs_test() -> None:
    treated, control = _arms(2)
    found = difference_in_means(treated, control)
    oracle = stats.ttest_ind(treated.outcome, control.outcome, equal_var=False)
    interval = oracle.confidence_interval(0.95)
    assert (found.lower, found.upper, found.p_value) == pytest.approx((interval.low, interval.high, oracle.pvalue))


@pytest.mark.parametrize("estimator", [difference_in_means, regression_adjusted])
def test_a_planted_effect_is_covered_as_often_as_stated(estimator: Callable[[Arm, Arm], Effect]) -> None:
    found = [estimator(*_arms(seed)) for seed in range(400)]
    covered = np.mean([one.lower <= 2.0 <= one.upper for one in found])
    assert 0.92 <= covered <= 0.98
    assert np.mean([one.value for one in found]) == pytest.approx(2.0, abs=0.15)


def test_adjustment_narrows_the_interval_where_the_past_tells() -> None:
    ratios = [
        regression_adjusted(*_arms(seed)).standard_error / difference_in_means(*_arms(seed)).standard_error
        for seed in range(20)
    ]
    assert np.mean(ratios) < 0.5


def test_constant_and_repeated_covariates_are_left_out() -> None:
    treated, control = _arms(3)
    constant = [Arm(arm.outcome, np.ones((len(arm.outcome), 2))) for arm in (treated, control)]
    assert regression_adjusted(*constant) == difference_in_means(treated, control)
    repeated = [Arm(arm.outcome, arm.covariates[:, [0, 0]]) for arm in (treated, control)]
    single = [Arm(arm.outcome, arm.covariates[:, :1]) for arm in (treated, control)]
    assert regression_adjusted(*repeated).value == pytest.approx(regression_adjusted(*single).value)


def test_arms_in_which_nobody_bought_have_no_effect_and_no_spread() -> None:
    nothing = Arm(np.zeros(50), np.zeros((50, 2)))
    assert regression_adjusted(nothing, nothing) == (0.0, 0.0, 0.0, 0.0, 1.0)


def test_one_customer_with_all_the_history_does_not_break_the_errors() -> None:
    history = np.zeros((40, 1))
    history[0] = 100.0
    outcome = np.random.default_rng(0).normal(size=40)
    found = regression_adjusted(Arm(outcome, history), Arm(outcome + 1, history))
    assert np.isfinite(found.standard_error)
    assert found.value == pytest.approx(-1.0)


def test_conversion_equals_the_chi_square_test_and_katzs_ratio() -> None:
    found = compare_conversion(60, 500, 40, 480)
    table = [[60, 440], [40, 440]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    ratio = stats.contingency.relative_risk(60, 500, 40, 480)
    interval = ratio.confidence_interval(0.95)
    assert found.relative_lift == pytest.approx((ratio.relative_risk - 1, interval.low - 1, interval.high - 1))
    assert np.isnan(relative_lift(0, 100, 5, 100).value)
    assert compare_conversion(0, 100, 0, 100).p_value == 1


def test_balance_checks() -> None:
    assert sample_ratio_p_value(500, 1000, 0.5) == pytest.approx(1.0)
    assert sample_ratio_p_value(400, 1000, 0.5) < 0.001
    assert np.isnan(sample_ratio_p_value(400, 1000, None))
    assert standardised_difference(np.array([1.0, 3.0]), np.array([0.0, 2.0])) == pytest.approx(1 / np.sqrt(2))
    assert standardised_difference(np.zeros(3), np.zeros(3)) == 0
