"""The contract of results.segment_profiles."""

from warehouse.contracts import Column, Question, result_table
from warehouse.fields import SEGMENT_ID


def _statistics(name: str, what: str, unit: str, *, nullable: bool = False) -> tuple[Column, ...]:
    kinds = (("mean", "Mean of"), ("median", "Median of"), ("typical", "The segment's centre, a geometric mean, of"))
    return tuple(
        Column(
            name=f"{kind}_{name}",
            type="DOUBLE",
            description=f"{text} {what}.",
            unit=unit,
            nullable=nullable,
            minimum=0,
        )
        for kind, text in kinds
    )


TABLE = result_table(
    name="segment_profiles",
    grain="one row per segment",
    description=(
        "What each segment of results.customer_segments is: its size, its worth and what to do about it. "
        "The next run reads it, so that segments keep their ids and names. Medians and typical values of a large shop "
        "are those of the customers that segments were formed on, as results.model_parameters tells."
    ),
    key=("segment_id",),
    columns=(
        SEGMENT_ID.here(minimum=1),
        Column(name="segment_name", type="VARCHAR", description="A marketer's name for it, unique."),
        Column(name="description", type="VARCHAR", description="What these customers do, in two sentences."),
        Column(name="suggested_action", type="VARCHAR", description="What a shop usually does about them."),
        Column(
            name="customer_count", type="BIGINT", description="Customers in the segment.", unit="customers", minimum=1
        ),
        Column(
            name="customer_share",
            type="DOUBLE",
            description="Their share of all customers.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="revenue_share",
            type="DOUBLE",
            description="Their share of all purchases' net amount; empty without prices.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        *_statistics("recency_days", "the days since the last purchase", "days"),
        *_statistics("order_count", "the number of orders", "orders"),
        *_statistics("sales_amount", "the amount spent; empty without prices", "shop currency", nullable=True),
        Column(
            name="median_age_days",
            type="DOUBLE",
            description="Median days since the first purchase.",
            unit="days",
            minimum=0,
        ),
    ),
    questions=(
        Question(
            text="Which segments bring the revenue, and what should be done about each?",
            sql=(
                "SELECT segment_name, customer_count, round(customer_share, 3) AS customer_share, "
                "round(revenue_share, 3) AS revenue_share, description, suggested_action "
                "FROM results.segment_profiles ORDER BY revenue_share DESC NULLS LAST, segment_id"
            ),
        ),
    ),
)
