"""Where the market moves: growth, seasonality and share by category, country and kind of customer."""

from models.family import Family, Kind
from models.market_trends.candidates import CANDIDATES
from models.market_trends.parameters import MarketTrendsParameters

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="Which parts of the market grow, and which shrink?",
    inputs=("features.market_months",),
    tables=("market_trends",),
    parameters=MarketTrendsParameters,
    candidates=tuple(CANDIDATES),
)
