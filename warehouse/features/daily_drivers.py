"""The contract of features.daily_drivers."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import METRIC_ON, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="daily_drivers",
    grain="one row per calendar day up to as_of",
    description="The day's sales beside what may drive them: visits, prices, campaigns, returns, new customers.",
    key=("metric_on",),
    columns=(
        Column(name="is_campaign_active", type="BOOLEAN", description="A campaign ran on the day."),
        Column(
            name="is_holdout",
            type="BOOLEAN",
            description="The day belongs to the last holdout_days before as_of, which models are judged on.",
        ),
        Column(name="day_index", type="INTEGER", description="Days since the first day.", unit="days", minimum=0),
        Column(name="weekday", type="INTEGER", description="Monday is 1, Sunday 7.", minimum=1, maximum=7),
        Column(name="month", type="INTEGER", description="January is 1.", minimum=1, maximum=12),
        Column(name="order_count", type="BIGINT", description="Orders with a sale.", unit="orders", minimum=0),
        UNIT_COUNT.here(minimum=0),
        Column(
            name="session_count",
            type="BIGINT",
            description="Visits; empty before the first visit known and in shops without events.",
            unit="visits",
            nullable=True,
            minimum=0,
        ),
        SALES_AMOUNT.here("Empty in a shop without prices."),
        Column(
            name="net_amount",
            type="DECIMAL(18,4)",
            description="Sales less returns; empty in a shop without prices.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="basket_amount",
            type="DOUBLE",
            description="Mean amount of an order; empty on days without orders and in a shop without prices.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="basket_units",
            type="DOUBLE",
            description="Mean units of an order; empty on days without orders.",
            unit="units",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="price_index",
            type="DOUBLE",
            description=(
                "Jevons index: the geometric mean, over the products sold on the day, of the day's price relative to "
                "the product's median daily price up to as_of; 1 is the usual price level, empty on days without sales."
            ),
            unit="ratio",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="return_rate",
            type="DOUBLE",
            description=(
                "Orders with a return, divided by the mean number of orders a day in the 28 days before: none of the "
                "day's own orders are in it. Empty on the first 28 days."
            ),
            unit="ratio",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="new_customer_share",
            type="DOUBLE",
            description="Known customers who bought for the first time, of all known customers who bought.",
            unit="share",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        METRIC_ON,
    ),
    questions=(
        Question(
            text="Were prices unusual on the best days?",
            sql=(
                "SELECT metric_on, sales_amount, price_index, is_campaign_active FROM features.daily_drivers "
                "ORDER BY sales_amount DESC NULLS LAST, metric_on LIMIT 10"
            ),
        ),
    ),
    inputs=("features.daily_metrics", "features.product_days", "features.campaigns"),
)
