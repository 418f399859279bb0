"""The contract of features.sales."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import BUCKET, CUSTOMER_CODE, ORDER_CODE, ORDERED_ON, PRODUCT_CODE

TABLE = Table(
    schema="features",
    name="sales",
    grain="one row per line sold by as_of of which something stays sold on that day",
    description=(
        "What every feature means by a sale: lines of kind sale, of the customer whom the whole order has, less what "
        "was returned or cancelled of them by as_of (core.undone_sales). What was undone whole is no sale."
    ),
    key=(),
    columns=(
        ORDER_CODE.here("As in features.known_orders."),
        CUSTOMER_CODE.here("As in features.buyers; empty where nobody is known.", nullable=True),
        PRODUCT_CODE.here("As in features.product_codes."),
        Column(name="quantity", type="BIGINT", description="Units that stay sold.", unit="units"),
        Column(name="unit_price", type="DECIMAL(18,4)", description="The price.", unit="shop currency", nullable=True),
        Column(
            name="amount",
            type="DECIMAL(18,4)",
            description="Net sales: what stays sold, at the price of the line.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="has_repeats",
            type="BOOLEAN",
            description="The order may have several lines of one product; where not, each of its lines has its own.",
        ),
        Column(name="placed_on", type="DATE", description="The first day of the order."),
        ORDERED_ON.here("Of the line."),
        BUCKET,
    ),
    inputs=(
        "core.order_lines",
        "core.undone_sales",
        "features.known_orders",
        "features.buyers",
        "features.product_codes",
    ),
    parts=Parts.SPLIT,
    stored=False,
)
