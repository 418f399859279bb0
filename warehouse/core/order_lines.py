"""The contract of core.order_lines."""

from warehouse.contracts import Check, Column, Origin, Question, Table
from warehouse.fields import CUSTOMER_ID, LOAD_ID, ORDER_ID, ORDERED_ON, PRODUCT_ID, SOURCE

LINE_KINDS = ("sale", "return", "free", "write_off", "charge", "adjustment")

TABLE = Table(
    schema="core",
    name="order_lines",
    grain="one row per line of an order, return or correction",
    description=(
        "Every accepted order line. `line_kind` says what it is: sale, return, free (given away), write_off "
        "(stock lost or found without a price), charge (postage, fees, vouchers, samples: not a product) or "
        "adjustment (bad debt and other corrections with a negative price)."
    ),
    key=("order_id", "line_id"),
    dated_by="ordered_on",
    columns=(
        ORDER_ID.here(origin=Origin.SOURCE),
        Column(
            name="line_id",
            type="VARCHAR",
            origin=Origin.EITHER,
            description="The line within the order; a hash of the line's content where the shop has no line numbers.",
        ),
        PRODUCT_ID.here(
            "What was sold; also codes such as postage, see is_product.",
            origin=Origin.SOURCE,
            references="core.products.product_id",
            references_when="is_product",
        ),
        CUSTOMER_ID.here("Who bought; empty where the shop does not know.", origin=Origin.SOURCE, nullable=True),
        SOURCE,
        LOAD_ID.here("It brought this version, see ops.loads."),
        Column(
            name="country", type="VARCHAR", origin=Origin.SOURCE, description="The country of the order.", nullable=True
        ),
        Column(
            name="product_name",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The product's name on the line.",
            nullable=True,
        ),
        Column(name="line_kind", type="VARCHAR", description="What the line is.", allowed=LINE_KINDS),
        Column(name="is_return", type="BOOLEAN", description="The line takes goods back or cancels a sale."),
        Column(name="is_product", type="BOOLEAN", description="The product_id is a product, not a charge or fee."),
        Column(
            name="quantity",
            type="BIGINT",
            origin=Origin.EITHER,
            description="Units; negative on returns and write-offs.",
            unit="units",
            minimum=-10_000_000,
            maximum=10_000_000,
        ),
        Column(
            name="unit_price",
            type="DECIMAL(18,4)",
            origin=Origin.SOURCE,
            description="The price of one unit; empty where the shop has no prices.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="amount",
            type="DECIMAL(18,4)",
            description="quantity * unit_price, negative on returns; empty without a price.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="ordered_at",
            type="TIMESTAMP",
            origin=Origin.SOURCE,
            description="When the order was placed.",
            unit="UTC",
        ),
        ORDERED_ON.here("Of the order."),
    ),
    checks=(
        Check(
            name="negative_price_on_product",
            violation="is_product AND unit_price < 0",
            meaning="a product has a negative price",
            advice="correct the price, or name the code in the source's product_pattern as no product",
        ),
        Check(
            name="zero_quantity",
            violation="quantity = 0",
            meaning="a line has no units",
            advice="remove the line or give its quantity",
        ),
        Check(
            name="amount_is_quantity_times_price",
            violation="amount <> quantity * unit_price",
            meaning="the amount is not quantity times price",
            advice="rebuild the table; report it as a defect",
            is_defect=True,
        ),
        Check(
            name="amount_too_large",
            violation="amount IS NULL AND quantity IS NOT NULL AND unit_price IS NOT NULL",
            meaning="quantity times price is 100,000,000,000,000 or more",
            advice="correct the quantity or the price",
        ),
    ),
    questions=(
        Question(
            text="What does each kind of line add up to?",
            sql=(
                "SELECT line_kind, count(*) AS line_count, sum(amount) AS amount "
                "FROM core.order_lines GROUP BY line_kind ORDER BY line_count DESC"
            ),
        ),
    ),
    inputs=("raw",),
    minimum_rows=1,
)
