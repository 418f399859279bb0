"""The model families. This list is the DAG: a family that reads another's results waits for it."""

from models.anomalies.parameters import AnomaliesParameters
from models.basket_rules.parameters import BasketRulesParameters
from models.campaign_effects.parameters import CampaignEffectsParameters
from models.customer_value.parameters import CustomerValueParameters
from models.demand_forecast.parameters import DemandForecastParameters
from models.drivers.parameters import DriversParameters
from models.family import Family
from models.market_trends.parameters import MarketTrendsParameters
from models.recommendations.parameters import RecommendationsParameters
from models.segments.parameters import SegmentsParameters

# The slowest come first, so that the quick ones fill the gaps.
FAMILIES: tuple[Family, ...] = (
    Family(
        name="demand_forecast",
        question="How much will be sold, in all, by category and by product?",
        inputs=("features.demand_series",),
        results=("demand_forecast", "model_metrics", "model_parameters"),
        parameters=DemandForecastParameters,
        function="models.demand_forecast.fit:fit",
    ),
    Family(
        name="recommendations",
        question="What should each customer be offered next, and which products are alike?",
        inputs=(
            "features.interactions",
            "features.buyers",
            "features.sold_products",
            "features.evaluation_periods",
        ),
        optional_inputs=("features.ties",),
        results=("recommendations", "similar_products", "model_metrics", "model_parameters"),
        parameters=RecommendationsParameters,
        function="models.recommendations.fit:fit",
    ),
    Family(
        name="customer_value",
        question="Who will buy again, for how much, and who is leaving?",
        inputs=("features.customer_history",),
        results=("customer_value", "model_metrics", "model_parameters"),
        parameters=CustomerValueParameters,
        function="models.customer_value.fit:fit",
    ),
    Family(
        name="segments",
        question="Which kinds of customers are there?",
        inputs=("features.customer_history",),
        optional_inputs=("results.segment_profiles",),
        results=("customer_segments", "segment_profiles", "model_metrics", "model_parameters"),
        parameters=SegmentsParameters,
        function="models.segments.fit:fit",
    ),
    Family(
        name="basket_rules",
        question="Which products are bought together?",
        inputs=("features.baskets", "features.sold_products", "features.evaluation_periods"),
        results=("basket_rules", "model_metrics", "model_parameters"),
        parameters=BasketRulesParameters,
        function="models.basket_rules.fit:fit",
    ),
    Family(
        name="anomalies",
        question="Which days and orders were unusual, and why?",
        inputs=("core.daily_metrics",),
        optional_inputs=("features.order_profiles",),
        results=("anomalies", "model_metrics", "model_parameters"),
        parameters=AnomaliesParameters,
        function="models.anomalies.fit:fit",
    ),
    Family(
        name="campaign_effects",
        question="What did each campaign bring?",
        inputs=("features.campaign_outcomes",),
        optional_inputs=("core.campaigns",),
        results=("campaign_effects", "model_metrics", "model_parameters"),
        parameters=CampaignEffectsParameters,
        function="models.campaign_effects.fit:fit",
    ),
    Family(
        name="drivers",
        question="What moves with sales, and by how much?",
        inputs=("features.daily_drivers",),
        optional_inputs=("features.price_panel",),
        results=("correlations", "regressions", "model_metrics", "model_parameters"),
        parameters=DriversParameters,
        function="models.drivers.fit:fit",
    ),
    Family(
        name="market_trends",
        question="Which parts of the market grow, and which shrink?",
        inputs=("features.market_months",),
        results=("market_trends", "model_metrics", "model_parameters"),
        parameters=MarketTrendsParameters,
        function="models.market_trends.fit:fit",
    ),
)
