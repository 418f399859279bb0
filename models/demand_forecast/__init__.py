"""Demand forecasts of the shop, its categories and its products, with calibrated intervals."""

from models.demand_forecast.candidates import CANDIDATES, FALLBACK, SELECTED
from models.demand_forecast.parameters import DemandForecastParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="How much will be sold, in all, by category and by product?",
    inputs=("features.demand_series",),
    tables=("demand_forecast",),
    parameters=DemandForecastParameters,
    candidates=(*CANDIDATES, SELECTED, FALLBACK),
)
