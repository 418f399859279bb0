"""The settings of basket_rules."""

from pydantic import Field

from models.family import Parameters


class BasketRulesParameters(Parameters):
    """`[models.basket_rules]`: which itemsets are frequent, and which rules are worth showing."""

    minimum_support: float = Field(
        default=0.005,
        gt=0,
        le=1,
        description="Smallest share of all orders that must hold an itemset, if that is fewer than enough.",
    )
    sufficient_order_count: int = Field(
        default=500,
        ge=2,
        description=(
            "So many orders are enough, however small a share they are: a lift from 500 orders is known to within a "
            "tenth. Above 100,000 orders this counts instead of the share of 0.005."
        ),
    )
    minimum_order_count: int = Field(
        default=5,
        ge=2,
        description="Smallest number of orders that must hold an itemset, whatever the share says.",
    )
    fit_sample_size: int = Field(
        default=4_000_000,
        ge=10_000,
        description=(
            "Most pairs of order and product that itemsets are found in, of orders drawn by a hash; what is found is "
            "counted in all orders."
        ),
    )
    maximum_itemset_length: int = Field(
        default=4, ge=2, le=8, description="Most products in an itemset, so in both sides of a rule together."
    )
    maximum_itemsets: int = Field(
        default=500_000,
        ge=1_000,
        description=(
            "Most itemsets to mine. With more than that the support is raised by a quarter, again and again, "
            "until they fit; the support in force stands in results.model_parameters and ops.family_runs."
        ),
    )
    maximum_consequent_length: int = Field(default=1, ge=1, le=7, description="Most products on a rule's right side.")
    minimum_confidence: float = Field(
        default=0.2, ge=0, le=1, description="Smallest share of a rule's left side's orders that hold its right side."
    )
    minimum_lift: float = Field(
        default=1.2, ge=0, description="Smallest lift: how many times more often than by chance both sides meet."
    )
    minimum_improvement: float = Field(
        default=0.05,
        ge=-1,
        le=1,
        description=(
            "Least gain in confidence over every simpler rule with the same right side (and over no rule at all), so "
            "that products which add nothing to a rule's left side don't appear there."
        ),
    )
    maximum_p_value: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Largest p-value (Fisher's exact test, adjusted for the number of rules tested).",
    )
    maximum_rules: int = Field(
        default=5_000, ge=1, description="Most rules to keep: those with the most orders beyond chance."
    )
    shown_product_count: int = Field(
        default=3, ge=1, le=50, description="Products shown beside a basket when the rules are judged."
    )
    evaluation_orders: int = Field(
        default=5_000, ge=10, description="Most holdout orders on which the rules are judged, drawn by the run's seed."
    )
