"""The contract of results.customer_value."""

from warehouse.contracts import Check, Column, Question, result_table
from warehouse.fields import CUSTOMER_ID


def _horizon(days: int) -> tuple[Column, ...]:
    """Return the columns of what is expected over the next `days`."""
    count_ends = tuple(
        Column(
            name=f"purchases_{days}d_{end}_{width}",
            type="BIGINT",
            description=f"{end.capitalize()} end of the {width}% prediction interval of the purchase days.",
            unit="purchase days",
            minimum=0,
        )
        for width in (80, 95)
        for end in ("lower", "upper")
    )
    value_ends = tuple(
        Column(
            name=f"value_{days}d_{end}_{width}",
            type="DOUBLE",
            description=(
                f"{end.capitalize()} end of the {width}% prediction interval of the amount; empty without prices."
            ),
            unit="shop currency",
            nullable=True,
            minimum=0,
        )
        for width in (80, 95)
        for end in ("lower", "upper")
    )
    return (
        Column(
            name=f"expected_purchases_{days}d",
            type="DOUBLE",
            description=f"Expected days with a purchase in the next {days} days.",
            unit="purchase days",
            minimum=0,
        ),
        *count_ends,
        Column(
            name=f"expected_value_{days}d",
            type="DOUBLE",
            description=f"Expected amount of the purchases in the next {days} days; empty without prices.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        *value_ends,
    )


TABLE = result_table(
    name="customer_value",
    grain="one row per customer",
    description=(
        "What each customer is expected to buy over the next 90 and 365 days, and how likely the customer is to stay "
        "away. Intervals say where a single customer's purchases will fall, the fitted model being right; "
        "seasons are not in it. Which model the figures come from says results.model_metrics. Customers who object to "
        "profiling are in no row, and so in no sum over the rows."
    ),
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column(
            name="churn_level",
            type="VARCHAR",
            description="Churn risk in words, see [models.customer_value] in the settings.",
            allowed=("low", "medium", "high"),
        ),
        Column(name="reason", type="VARCHAR", description="Why the risk is what it is, in a sentence."),
        Column(
            name="probability_alive",
            type="DOUBLE",
            description=(
                "Chance that the customer has not left for good. BG/NBD lets customers leave after a repeat purchase "
                "only, so it is 1 for those with a single one: go by churn_risk there. "
                "Empty when a baseline is champion."
            ),
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="churn_risk",
            type="DOUBLE",
            description="Chance of no purchase within the churn horizon (churn_horizon_days, 90 by default).",
            minimum=0,
            maximum=1,
        ),
        *_horizon(90),
        *_horizon(365),
        Column(
            name="expected_amount",
            type="DOUBLE",
            description="Expected amount of one future purchase day; empty without prices.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
    ),
    checks=(
        Check(
            name="intervals_in_order",
            violation=(
                "purchases_90d_lower_95 > purchases_90d_lower_80 OR purchases_90d_lower_80 > purchases_90d_upper_80 "
                "OR purchases_90d_upper_80 > purchases_90d_upper_95 "
                "OR purchases_365d_lower_95 > purchases_365d_lower_80 "
                "OR purchases_365d_lower_80 > purchases_365d_upper_80 "
                "OR purchases_365d_upper_80 > purchases_365d_upper_95"
            ),
            meaning="a wider interval does not hold the narrower one",
            advice="run the family again; report it as a defect",
        ),
        Check(
            name="more_in_a_longer_time",
            violation="expected_purchases_90d > expected_purchases_365d * (1 + 1e-9)",
            meaning="fewer purchases are expected in a year than in 90 days",
            advice="run the family again; report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="Which valuable customers are most likely to stay away?",
            sql=(
                "SELECT customer_id, round(churn_risk, 3) AS churn_risk, round(expected_value_365d, 2) AS "
                "expected_value_365d, reason FROM results.customer_value WHERE churn_level <> 'low' AND may_contact "
                "ORDER BY expected_value_365d DESC NULLS LAST, customer_id LIMIT 20"
            ),
        ),
        Question(
            text="What are today's customers worth over the next year?",
            sql=(
                "SELECT count(*) AS customer_count, sum(expected_purchases_365d) AS expected_purchases, "
                "sum(expected_value_365d) AS expected_value FROM results.customer_value"
            ),
        ),
    ),
)
