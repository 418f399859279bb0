"""The contract of features.category_days."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import CATEGORY_CODE, ORDERED_ON, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="category_days",
    grain="one row per category and day with a sale; without rows where the shop has no categories",
    description="What each category sold on each day: what demand_series is cut from.",
    key=("category_code", "ordered_on"),
    columns=(
        CATEGORY_CODE.here("As in features.product_codes.", nullable=False),
        Column(name="order_count", type="BIGINT", description="Orders with a sale of it.", unit="orders", minimum=1),
        UNIT_COUNT,
        SALES_AMOUNT,
        ORDERED_ON.here("Of the lines."),
    ),
    inputs=("features.order_categories",),
    parts=Parts.SUMS,
    renewed_by="ordered_on",
)
