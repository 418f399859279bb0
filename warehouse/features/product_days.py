"""The contract of features.product_days."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import ORDERED_ON, PRODUCT_CODE, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="product_days",
    grain="one row per product and day with a sale",
    description="What each product sold on each day, in sums that add up over the buckets.",
    key=("product_code", "ordered_on"),
    columns=(
        PRODUCT_CODE.here("As in features.product_codes."),
        Column(name="order_count", type="BIGINT", description="Orders with the product on the day.", unit="orders"),
        UNIT_COUNT,
        SALES_AMOUNT,
        Column(
            name="priced_amount",
            type="DECIMAL(18,4)",
            description="Sum of the lines with a price above zero.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="price_count", type="BIGINT", description="Lines with a price above zero.", unit="lines"),
        Column(
            name="log_price_sum",
            type="DECIMAL(28,10)",
            description="Sum of the logarithms of these prices.",
            nullable=True,
        ),
        ORDERED_ON.here("Of the lines."),
    ),
    inputs=("features.sales",),
    parts=Parts.SUMS,
    renewed_by="ordered_on",
)
