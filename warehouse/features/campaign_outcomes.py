"""The contract of features.campaign_outcomes."""

from warehouse.contracts import Column, Parts, Question, Table
from warehouse.fields import ARM, CAMPAIGN_ID, CUSTOMER_ID, SALES_AMOUNT

TABLE = Table(
    schema="features",
    name="campaign_outcomes",
    grain="one row per campaign and customer assigned to one of its arms",
    description=(
        "What each assigned customer bought in the window_days of `[models.campaign_effects]` from the contact on, and "
        "in as many days before it."
    ),
    key=("campaign_id", "customer_id"),
    columns=(
        CAMPAIGN_ID.here(references="core.campaigns.campaign_id"),
        CUSTOMER_ID,
        ARM,
        Column(name="is_control", type="BOOLEAN", description="The arm was held out."),
        Column(name="is_complete", type="BOOLEAN", description="The window had ended by as_of."),
        Column(name="is_converted", type="BOOLEAN", description="The customer ordered in the window."),
        Column(name="order_count", type="BIGINT", description="Orders in the window.", unit="orders", minimum=0),
        Column(
            name="pre_order_count",
            type="BIGINT",
            description="Orders in the days before the contact.",
            unit="orders",
            minimum=0,
        ),
        SALES_AMOUNT.here("Of the window alone; empty in a shop without prices."),
        Column(
            name="pre_sales_amount",
            type="DECIMAL(18,4)",
            description="Sales in the days before the contact; empty in a shop without prices.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="contacted_on", type="DATE", description="The day of contact, or of assignment for controls."),
    ),
    questions=(
        Question(
            text="What did each arm's customers bring?",
            sql=(
                "SELECT campaign_id, arm, count(*) AS customer_count, avg(is_converted::INTEGER) AS conversion_share, "
                "avg(sales_amount) AS mean_amount FROM features.campaign_outcomes WHERE is_complete "
                "GROUP BY campaign_id, arm ORDER BY campaign_id, arm"
            ),
        ),
    ),
    inputs=("core.contacts", "features.known_orders", "features.daily_metrics"),
    parts=Parts.BUCKETS,
)
