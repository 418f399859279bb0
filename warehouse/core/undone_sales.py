"""The contract of core.undone_sales."""

from warehouse.contracts import Check, Column, Question, Table
from warehouse.fields import CUSTOMER_ID, PRODUCT_ID

TABLE = Table(
    schema="core",
    name="undone_sales",
    grain="one row per return line and sale line that it undoes, whole or in part",
    description=(
        "Which sale each return or cancellation belongs to: of the same customer and product, not later than it, and "
        "no longer ago than `returns.longest_days`. Returns are taken one after the other, as they came: each undoes "
        "the latest line of which just as many units are left, else the latest ones, until its units are used up. "
        "Lines without a customer are paired within their order. The sale of a return without a row here is not known."
    ),
    key=("return_order_id", "return_line_id", "sale_order_id", "sale_line_id"),
    dated_by="undone_on",
    columns=(
        Column(
            name="return_order_id",
            type="VARCHAR",
            description="The order or credit note that the return stands on.",
            references="core.orders.order_id",
        ),
        Column(name="return_line_id", type="VARCHAR", description="The return's line."),
        Column(
            name="sale_order_id",
            type="VARCHAR",
            description="The order that it undoes something of.",
            references="core.orders.order_id",
        ),
        Column(name="sale_line_id", type="VARCHAR", description="The line that it undoes."),
        CUSTOMER_ID.here("Who bought and returned, where known.", nullable=True),
        PRODUCT_ID,
        Column(
            name="was_demand",
            type="BOOLEAN",
            description=(
                "The sale stood for longer than `returns.cancelled_hours`; what was undone sooner was never demand, "
                "and its return is none that rates of return count."
            ),
        ),
        Column(
            name="sold_unit_count",
            type="BIGINT",
            description="Units that the sale line had.",
            unit="units",
            minimum=1,
        ),
        Column(
            name="undone_unit_count",
            type="BIGINT",
            description="Units of the sale line that the return undoes.",
            unit="units",
            minimum=1,
        ),
        Column(
            name="undone_amount",
            type="DECIMAL(18,4)",
            description="These units at the sale's price; empty without a price.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="stood_hours", type="DOUBLE", description="From the sale to its undoing.", unit="hours", minimum=0),
        Column(name="undone_at", type="TIMESTAMP", description="When the sale was undone.", unit="UTC"),
        Column(name="sold_on", type="DATE", description="The day of the sale's line in the shop's time zone."),
        Column(name="undone_on", type="DATE", description="The day of the return's line in the shop's time zone."),
    ),
    checks=(
        Check(
            name="undone_before_sold",
            violation="undone_on < sold_on AND stood_hours >= 24",
            meaning="a sale was undone before it was made",
            advice="run with --set run.full=true; report it as a defect",
            is_defect=True,
        ),
    ),
    questions=(
        Question(
            text="Which sales were undone by which returns, the largest first?",
            sql=(
                "SELECT sale_order_id, return_order_id, product_id, undone_unit_count, undone_amount, stood_hours, "
                "was_demand FROM core.undone_sales ORDER BY undone_amount DESC NULLS LAST, sale_order_id, sale_line_id "
                "LIMIT 10"
            ),
        ),
        Question(
            text="Which returns belong to no sale that is known?",
            sql=(
                "SELECT order_id, line_id, customer_id, product_id, quantity, amount FROM core.order_lines "
                "ANTI JOIN core.undone_sales ON return_order_id = order_id AND return_line_id = line_id "
                "WHERE line_kind = 'return' ORDER BY amount, order_id, line_id LIMIT 10"
            ),
        ),
    ),
    inputs=("core.order_lines",),
)
