"""The forecasters that compete, one to a file. What is listed here can be chosen, published and worded."""

from models.candidate import Candidate, Candidates
from models.demand_forecast.candidates.arima import Arima
from models.demand_forecast.candidates.ets import Ets
from models.demand_forecast.candidates.forecaster import Forecaster
from models.demand_forecast.candidates.seasonal_naive import SeasonalNaive
from models.demand_forecast.candidates.theta import Theta

CANDIDATES: Candidates[Forecaster] = Candidates(SeasonalNaive(), (Ets(), Theta(), Arima()))

BASELINE = CANDIDATES.baseline.name

# What the metrics call the choice that is made anew for each series.
SELECTED = Candidate(name="selected", label="the best model of each series")
# What stands in where a history is too short or too even for any of them.
FALLBACK = Candidate(name="historic_mean", label="the mean so far")
