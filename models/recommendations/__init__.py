"""What each customer may want next, and which products are alike, with the reason."""

from models.family import Family, Kind
from models.recommendations.candidates import CANDIDATES
from models.recommendations.parameters import RecommendationsParameters

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="What should each customer be offered next, and which products are alike?",
    inputs=(
        "features.interactions",
        "features.buyers",
        "features.sold_products",
        "features.evaluation_periods",
    ),
    optional_inputs=("features.ties",),
    tables=("recommendations", "similar_products"),
    parameters=RecommendationsParameters,
    candidates=tuple(CANDIDATES),
)
