"""Demand forecasts of the shop, its categories and its products, with calibrated intervals."""

from models.demand_forecast.candidates import AVERAGE, CANDIDATES, FALLBACK, SELECTED
from models.demand_forecast.parameters import DemandForecastParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="How much will be sold, in all, by category and by product?",
    inputs=("features.demand_series",),
    tables=("demand_forecast", "demand_totals"),
    parameters=DemandForecastParameters,
    candidates=(*CANDIDATES, AVERAGE, SELECTED, FALLBACK),
)
