"""The contract of features.unfinished_orders."""

from warehouse.contracts import Column, Table

TABLE = Table(
    schema="features",
    name="unfinished_orders",
    grain="one row per order that began by as_of and has lines after it",
    description=(
        "What these orders were on the day: core.orders adds up all of their lines, also those that nobody could know "
        "of yet, such as goods sent back later under the same number. Features take these rows in place of those of "
        "core.orders. Empty where as_of is the last day of the data."
    ),
    key=("order_id",),
    columns=(
        Column(name="order_id", type="VARCHAR", description="The order.", references="core.orders.order_id"),
        Column(name="customer_id", type="VARCHAR", description="Who bought, where known.", nullable=True),
        Column(name="country", type="VARCHAR", description="The country of the order.", nullable=True),
        Column(name="is_sale", type="BOOLEAN", description="The order had at least one line of kind sale."),
        Column(name="product_count", type="BIGINT", description="Distinct products sold.", unit="products", minimum=0),
        Column(name="unit_count", type="BIGINT", description="Units sold.", unit="units", minimum=0),
        Column(
            name="sales_amount",
            type="DECIMAL(18,4)",
            description="Sum of the sale lines; empty without prices.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(name="ordered_at", type="TIMESTAMP", description="The order's first time.", unit="UTC"),
        Column(name="ordered_on", type="DATE", description="Its calendar day in the shop's time zone."),
    ),
    inputs=("core.order_lines",),
)
