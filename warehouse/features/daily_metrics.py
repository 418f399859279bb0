"""The contract of features.daily_metrics."""

from warehouse.contracts import Table
from warehouse.core.daily_metrics import TABLE as KNOWN_LATER

TABLE = Table(
    schema="features",
    name="daily_metrics",
    grain="one row per calendar day until as_of",
    description="The shop's days as they were known on the day.",
    key=KNOWN_LATER.key,
    columns=KNOWN_LATER.columns,
    inputs=(KNOWN_LATER.qualified_name, "core.order_lines"),
)
