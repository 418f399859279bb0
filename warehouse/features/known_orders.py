"""The contract of features.known_orders."""

from warehouse.contracts import Column, Parts, Table
from warehouse.core.orders import TABLE as ORDERS
from warehouse.fields import BUCKET, ORDER_CODE

_COLUMNS = (
    "order_id",
    "customer_id",
    "country",
    "is_sale",
    "line_count",
    "product_count",
    "unit_count",
    "sales_amount",
    "ordered_at",
    "ordered_on",
)

TABLE = Table(
    schema="features",
    name="known_orders",
    grain="one row per order that began by as_of",
    description=(
        "Orders as they were known on the day: core.orders adds up all of their lines, also those that nobody could "
        "know of yet, such as goods sent back later under the same number, and takes off what was undone after it."
    ),
    key=("order_id",),
    columns=(
        *(column for column in ORDERS.columns if column.name in _COLUMNS),
        Column(
            name="was_sale", type="BOOLEAN", description="It has a line of kind sale, whether that stays sold or not."
        ),
        ORDER_CODE.here("Counted in this build.", minimum=0),
        BUCKET,
    ),
    inputs=("core.order_lines", "core.orders", "core.undone_sales"),
    parts=Parts.SPLIT,
    stored=False,
)
