"""What is bought together: frequent itemsets and association rules, checked on later orders."""

from models.basket_rules.candidates import CANDIDATES
from models.basket_rules.parameters import BasketRulesParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="Which products are bought together?",
    inputs=("features.baskets", "features.sold_products", "features.evaluation_periods"),
    tables=("basket_rules",),
    parameters=BasketRulesParameters,
    candidates=tuple(CANDIDATES),
)
