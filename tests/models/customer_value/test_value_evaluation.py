from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.customer_value.evaluation import amount_scores, auc_interval, churn_scores, mean_interval, root_interval


def test_area_is_that_of_scikit_learn_with_the_interval_of_resampled_customers() -> None:
    random = np.random.default_rng(0)
    happened = (random.random(400) < 0.4).astype(np.float64)
    scores = np.round(random.normal(happened, 1.2), 1)
    interval = auc_interval(scores, happened=happened)
    assert interval.value == pytest.approx(roc_auc_score(happened, scores))
    drawn = [roc_auc_score(happened[rows], scores[rows]) for rows in random.integers(400, size=(200, 400))]
    assert [interval.lower, interval.upper] == pytest.approx(list(np.quantile(drawn, [0.025, 0.975])), abs=0.015)


def test_without_both_outcomes_there_is_no_area() -> None:
    assert np.isnan(auc_interval(np.arange(5.0), happened=np.ones(5)).value)


def test_intervals_of_means_and_roots() -> None:
    losses = np.array([1.0, 3, 1, 3])
    assert mean_interval(losses).value == 2
    assert mean_interval(losses).upper == pytest.approx(2 + 1.96 * np.std(losses, ddof=1) / 2, abs=1e-3)
    assert root_interval(np.array([4.0, 4])).value == 2
    assert root_interval(np.array([0.0, 0, 100])).lower == 0


def test_scores_carry_their_direction() -> None:
    churned = np.array([1.0, 0, 1, 0])
    scores = churn_scores({"m": (np.array([0.9, 0.1, 0.8, 0.2]), np.array([0.9, 0.1, 0.8, 0.2]))}, churned)
    by_name = {score.metric: score for score in scores}
    assert by_name["auc"].interval.value == 1
    assert by_name["auc"].higher_is_better
    assert by_name["brier_score"].interval.value == pytest.approx(0.025)
    assert not by_name["brier_score"].higher_is_better


def test_total_error_is_a_share_of_what_happened() -> None:
    scores = amount_scores({"m": np.array([1.0, 2, 3])}, np.array([2.0, 2, 4]))
    totals = {score.metric: score.interval.value for score in scores}
    assert totals["total_error_share"] == pytest.approx(0.25)
    nothing = amount_scores({"m": np.array([1.0, 2, 3])}, np.zeros(3))
    assert np.isnan(next(score.interval.value for score in nothing if score.metric == "total_error_share"))
