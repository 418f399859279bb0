"""The contract of features.undone_sales."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import BUCKET, CUSTOMER_CODE, ORDER_CODE, ORDERED_ON, PRODUCT_CODE

TABLE = Table(
    schema="features",
    name="undone_sales",
    grain="one row per line of a buyer's order and day on which something of it was undone by as_of",
    description="What of sales to known customers was returned or cancelled, and is in features.sales no more.",
    key=(),
    columns=(
        ORDER_CODE.here("As in features.known_orders."),
        CUSTOMER_CODE.here("As in features.buyers."),
        PRODUCT_CODE.here("As in features.product_codes."),
        Column(name="is_whole", type="BOOLEAN", description="With it nothing of the line stays sold by as_of."),
        Column(name="quantity", type="BIGINT", description="Units undone.", unit="units"),
        Column(
            name="amount",
            type="DECIMAL(18,4)",
            description="These units at the sale's price.",
            unit="shop currency",
            nullable=True,
        ),
        ORDERED_ON.here("Of the sale's line."),
        Column(name="undone_on", type="DATE", description="The day on which it was undone."),
        BUCKET,
    ),
    inputs=("core.undone_sales", "features.known_orders", "features.buyers", "features.product_codes"),
    parts=Parts.SPLIT,
    stored=False,
)
