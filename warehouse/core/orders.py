"""The contract of core.orders."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import CUSTOMER_ID, GROSS_AMOUNT, ORDER_ID, ORDERED_ON, SALES_AMOUNT, UNIT_COUNT

TABLE = Table(
    schema="core",
    name="orders",
    grain="one row per order",
    description=(
        "Orders added up from their lines; product sales and returns only in the amounts, charges apart. What was "
        "returned or cancelled is taken off the order that sold it (core.undone_sales), also where it came back under "
        "another number; an order of which nothing stays sold is no sale."
    ),
    key=("order_id",),
    columns=(
        ORDER_ID,
        CUSTOMER_ID.here("Who bought, where known.", nullable=True),
        Column(name="country", type="VARCHAR", description="The country of the order.", nullable=True),
        Column(name="is_sale", type="BOOLEAN", description="Of at least one of its lines something stays sold."),
        Column(name="is_return", type="BOOLEAN", description="The order has return lines, and no line of kind sale."),
        Column(name="line_count", type="BIGINT", description="Lines of any kind.", unit="lines", minimum=1),
        Column(
            name="product_count",
            type="BIGINT",
            description="Distinct products that stay sold.",
            unit="products",
            minimum=0,
        ),
        UNIT_COUNT.here(minimum=0),
        SALES_AMOUNT.here("Empty without prices.", minimum=0),
        Column(
            name="returns_amount",
            type="DECIMAL(18,4)",
            description=(
                "Sum of the order's own return lines, as a positive number, whichever order they undo. It is not what "
                "sales_amount is less than gross_amount: that is what was undone of this order."
            ),
            unit="shop currency",
            nullable=True,
        ),
        GROSS_AMOUNT.here("Empty without prices.", minimum=0),
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
    inputs=("core.order_lines", "core.undone_sales"),
    minimum_rows=1,
)
