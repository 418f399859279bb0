"""The contract of features.category_days."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import CATEGORY_CODE

TABLE = Table(
    schema="features",
    name="category_days",
    grain="one row per category and day with a sale; without rows where the shop has no categories",
    description="What each category sold on each day: what demand_series is cut from.",
    key=("category_code", "ordered_on"),
    columns=(
        CATEGORY_CODE.here("As in features.product_codes.", nullable=False),
        Column(name="order_count", type="BIGINT", description="Orders with a sale of it.", unit="orders", minimum=1),
        Column(name="unit_count", type="BIGINT", description="Units sold.", unit="units"),
        Column(
            name="sales_amount",
            type="DECIMAL(18,4)",
            description="Sum of the lines.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="ordered_on", type="DATE", description="The day of the lines."),
    ),
    inputs=("features.order_categories",),
    parts=Parts.SUMS,
    renewed_by="ordered_on",
)
