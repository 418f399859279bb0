from __future__ import annotations

import numpy as np
import pytest

from models.demand_forecast.candidates import CANDIDATES
from models.demand_forecast.candidates.forecaster import NoAnswerError
from models.demand_forecast.estimation import find_form, fit_and_forecast
from models.demand_forecast.shop_calendar import CalendarEffects
from models.demand_forecast.training import Training, training_of

NAMES = ("croston_sba", "tsb", "adida", "imapa")


def _weeks(values: np.ndarray, ahead: np.ndarray) -> Training:
    calendar = CalendarEffects(past=np.zeros(values.size), ahead=ahead, knows_year=True)
    return training_of(values, season=1, period_days=7, outlier_limit=5.0, calendar=calendar)


@pytest.mark.parametrize("name", NAMES)
def test_rare_demand_is_forecast_by_its_mean_with_the_calendar_put_back(name: str) -> None:
    values = np.random.default_rng(3).poisson(0.4, 104).astype(float)
    training = _weeks(values, np.array([0.0, 0.0, -np.inf, np.log(2.0)]))
    candidate = CANDIDATES[name]
    form = find_form(candidate, training)
    assert form is not None
    answer = fit_and_forecast(candidate, training, form, 4)
    assert answer is not None
    first, second, closed, double = answer[1].tolist()
    assert first == second == pytest.approx(0.4, abs=0.25)
    assert (closed, double) == (0.0, pytest.approx(2 * first))
    assert [one.parameter for one in candidate.estimates(answer[0])] == ["mean"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [np.full(60, 5.0), np.zeros(60)], ids=["every week", "never"])
def test_other_demand_is_left_to_others(name: str, values: np.ndarray) -> None:
    training = _weeks(values, np.zeros(4))
    with pytest.raises(NoAnswerError):
        CANDIDATES[name].form_of(training)
    assert find_form(CANDIDATES[name], training) is None
