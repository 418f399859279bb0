"""The contract of features.returns."""

from warehouse.contracts import Column, Parts, Table
from warehouse.fields import BUCKET, CUSTOMER_CODE, ORDERED_ON

TABLE = Table(
    schema="features",
    name="returns",
    grain="one row per line that a buyer had sent back by as_of",
    description=(
        "What every feature means by a return of a known customer: return lines, whether the sale is known or not."
    ),
    key=(),
    columns=(
        CUSTOMER_CODE.here("As in features.buyers."),
        Column(
            name="amount",
            type="DECIMAL(18,4)",
            description="Quantity times price, below zero.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="is_cancellation",
            type="BOOLEAN",
            description="It undoes what was sold less than `returns.cancelled_hours` before: that was never demand.",
        ),
        ORDERED_ON.here("Of the line."),
        BUCKET,
    ),
    inputs=("core.order_lines", "core.undone_sales", "features.known_orders", "features.buyers"),
    parts=Parts.SPLIT,
    stored=False,
)
