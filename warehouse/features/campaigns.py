"""The contract of features.campaigns."""

from warehouse.contracts import Table
from warehouse.core.campaigns import TABLE as KNOWN_LATER

TABLE = Table(
    schema="features",
    name="campaigns",
    grain="one row per campaign begun by as_of",
    description="The campaigns that a model may know of on the day.",
    key=KNOWN_LATER.key,
    columns=KNOWN_LATER.columns,
    inputs=(KNOWN_LATER.qualified_name,),
)
