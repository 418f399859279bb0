"""The contract of core.orders."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import CUSTOMER_ID, ORDER_ID, ORDERED_ON, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="core",
    name="orders",
    grain="one row per order",
    description="Orders added up from their lines; product sales and returns only in the amounts, charges apart.",
    key=("order_id",),
    columns=(
        ORDER_ID,
        CUSTOMER_ID.here("Who bought, where known.", nullable=True),
        Column(name="country", type="VARCHAR", description="The country of the order.", nullable=True),
        Column(name="is_sale", type="BOOLEAN", description="The order has at least one line of kind sale."),
        Column(name="is_return", type="BOOLEAN", description="The order has return lines and no sale."),
        Column(name="line_count", type="BIGINT", description="Lines of any kind.", unit="lines", minimum=1),
        Column(name="product_count", type="BIGINT", description="Distinct products sold.", unit="products", minimum=0),
        UNIT_COUNT.here(minimum=0),
        SALES_AMOUNT.here("Empty without prices.", minimum=0),
        Column(
            name="returns_amount",
            type="DECIMAL(18,4)",
            description="Sum of the return lines, as a positive number.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="charges_amount",
            type="DECIMAL(18,4)",
            description="Sum of the charge and adjustment lines.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="ordered_at", type="TIMESTAMP", description="The order's first time.", unit="UTC"),
        ORDERED_ON,
    ),
    questions=(
        Question(
            text="Which were the largest orders?",
            sql=(
                "SELECT order_id, customer_id, ordered_on, sales_amount FROM core.orders "
                "WHERE is_sale ORDER BY sales_amount DESC, order_id LIMIT 10"
            ),
        ),
    ),
    inputs=("core.order_lines",),
    minimum_rows=1,
)
