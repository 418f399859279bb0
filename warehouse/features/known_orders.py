"""The contract of features.known_orders."""

import dataclasses

from warehouse.contracts import Table
from warehouse.core.orders import TABLE as ORDERS

_COLUMNS = (
    "order_id",
    "customer_id",
    "country",
    "is_sale",
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
        "know of yet, such as goods sent back later under the same number."
    ),
    key=("order_id",),
    columns=tuple(
        dataclasses.replace(column, references="core.orders.order_id") if column.name == "order_id" else column
        for column in ORDERS.columns
        if column.name in _COLUMNS
    ),
    inputs=("core.order_lines", "core.orders"),
)
