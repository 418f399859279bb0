"""The contract of features.purchases."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import CUSTOMER_CODE, ORDER_CODE, PRODUCT_CODE

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
        Column(name="unit_count", type="BIGINT", description="Units sold.", unit="units"),
        Column(name="placed_on", type="DATE", description="The first day of the order."),
        Column(name="ordered_on", type="DATE", description="The day of the order's first line of the product."),
    ),
    inputs=("features.sales",),
    parts=Parts.BUCKETS,
    stored=False,
)
