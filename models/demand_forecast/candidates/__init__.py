"""The forecasters that compete, one to a file. What is listed here can be chosen, published and worded."""

from models.candidate import Candidate, Candidates
from models.demand_forecast.candidates.arima import Arima
from models.demand_forecast.candidates.calendar_smoothing import CALENDAR_ETS, CALENDAR_THETA
from models.demand_forecast.candidates.ets import Ets
from models.demand_forecast.candidates.forecaster import Forecaster
from models.demand_forecast.candidates.intermittent import ADIDA, CROSTON_SBA, IMAPA, TSB
from models.demand_forecast.candidates.naive import Naive
from models.demand_forecast.candidates.recent_mean import RecentMean
from models.demand_forecast.candidates.same_days_last_year import SameDaysLastYear
from models.demand_forecast.candidates.seasonal_naive import SeasonalNaive
from models.demand_forecast.candidates.theta import Theta

CANDIDATES: Candidates[Forecaster] = Candidates(
    SeasonalNaive(),
    (
        Naive(),
        RecentMean(),
        SameDaysLastYear(),
        CALENDAR_ETS,
        CALENDAR_THETA,
        CROSTON_SBA,
        TSB,
        ADIDA,
        IMAPA,
        Ets(),
        Theta(),
        Arima(),
    ),
)

# The candidate that stands in where another can't be fitted; what has to be beaten is the best of the simple ones.
BASELINE = CANDIDATES.baseline.name
SIMPLE = tuple(one.name for one in CANDIDATES if one.is_simple)

# Candidates that are not simple, with equal weights; `backtest.members` says which.
AVERAGE = Candidate(name="average", label="the average of the models")
# What the metrics call the choice that is made anew for each series.
SELECTED = Candidate(name="selected", label="the best model of each series")
# What stands in where a history is too short or too even for any of them.
FALLBACK = Candidate(name="historic_mean", label="the mean so far")
