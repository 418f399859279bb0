"""The contract of features.purchases."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import CUSTOMER_CODE, ORDER_CODE, ORDERED_ON, PRODUCT_CODE, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="purchases",
    grain="one row per order and product sold",
    description="Sales without repeated products, so that what counts orders of products need only count rows.",
    key=("order_code", "product_code"),
    columns=(
        ORDER_CODE.here("As in features.known_orders."),
        CUSTOMER_CODE.here("As in features.buyers; empty where nobody is known.", nullable=True),
        PRODUCT_CODE.here("As in features.product_codes."),
        UNIT_COUNT,
        Column(name="placed_on", type="DATE", description="The first day of the order."),
        ORDERED_ON.here("Of the order's first line of the product."),
    ),
    inputs=("features.sales",),
    parts=Parts.BUCKETS,
    stored=False,
)
