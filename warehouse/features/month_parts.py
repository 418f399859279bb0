"""The contract of features.month_parts."""

from warehouse.contracts import Parts, Table
from warehouse.features.market_months import TABLE as MARKET_MONTHS

TABLE = Table(
    schema="features",
    name="month_parts",
    grain="one row per dimension, member, month and bucket of customers",
    description="The shop's months in sums that add up over the buckets: a customer and an order lie in one bucket.",
    key=(),
    columns=tuple(column for column in MARKET_MONTHS.columns if column.name != "is_complete"),
    inputs=(
        "core.customers",
        "core.products",
        "features.known_orders",
        "features.buyers",
        "features.order_categories",
        "features.product_codes",
    ),
    parts=Parts.BUCKETS,
    stored=False,
)
