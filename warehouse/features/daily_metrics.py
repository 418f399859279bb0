"""The contract of features.daily_metrics."""

from warehouse.contracts import Table
from warehouse.core.daily_metrics import TABLE as KNOWN_LATER

TABLE = Table(
    schema="features",
    name="daily_metrics",
    grain="one row per calendar day until as_of",
    description=(
        "The shop's days as they were known on the day: what was returned or cancelled after as_of is still sold."
    ),
    key=KNOWN_LATER.key,
    columns=KNOWN_LATER.columns,
    inputs=(
        KNOWN_LATER.qualified_name,
        "core.order_lines",
        "core.undone_sales",
        "core.orders",
        "features.known_orders",
    ),
)
