"""The contract of features.order_categories."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import CATEGORY_CODE, CUSTOMER_CODE, ORDER_CODE, ORDERED_ON, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="order_categories",
    grain="one row per order, category and day; without rows where the shop has no categories",
    description="Orders split by the categories of their lines.",
    key=("order_code", "category_code", "is_product", "ordered_on"),
    columns=(
        ORDER_CODE.here("As in features.known_orders."),
        CUSTOMER_CODE.here("As in features.buyers; empty where nobody is known.", nullable=True),
        CATEGORY_CODE.here("As in features.product_codes; empty for products without a category."),
        Column(name="is_product", type="BOOLEAN", description="Whether these lines are of products."),
        UNIT_COUNT,
        SALES_AMOUNT,
        Column(name="placed_on", type="DATE", description="The first day of the order."),
        ORDERED_ON.here("Of the lines."),
    ),
    inputs=("features.sales", "features.product_codes", "core.products"),
    parts=Parts.BUCKETS,
    stored=False,
)
