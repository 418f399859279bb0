"""The contract of features.month_parts."""

from warehouse.contracts import Parts, Table
from warehouse.features.market_months import TABLE as MARKET_MONTHS

TABLE = Table(
    schema="features",
    name="month_parts",
    grain="one row per dimension, member and month",
    description="The shop's months by all dimensions, also those it does not know: what market_months is cut from.",
    key=("dimension", "member", "month_on"),
    columns=tuple(column for column in MARKET_MONTHS.columns if column.name != "is_complete"),
    inputs=(
        "core.customers",
        "features.known_orders",
        "features.buyers",
        "features.order_categories",
        "features.product_codes",
    ),
    parts=Parts.SUMS,
    renewed_by="month_on",
)
