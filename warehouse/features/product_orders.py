"""The contract of features.product_orders."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import PRODUCT_CODE

TABLE = Table(
    schema="features",
    name="product_orders",
    grain="one row per product and day on which an order of it was placed",
    description="How many orders held each product, by the day of the order: what sold_products counts.",
    key=("product_code", "placed_on"),
    columns=(
        PRODUCT_CODE.here("As in features.product_codes."),
        Column(name="order_count", type="BIGINT", description="Orders with the product.", unit="orders", minimum=1),
        Column(name="placed_on", type="DATE", description="The first day of the orders."),
    ),
    inputs=("features.purchases",),
    parts=Parts.SUMS,
    renewed_by="placed_on",
)
