"""The model families. This list is the DAG: a family that reads another's results waits for it.

Each package named here states its facts as `FAMILY`: what it asks, reads and writes.
"""

from models.family import Family, family_in

# The slowest come first, so that the quick ones fill the gaps.
_NAMES = (
    "recommendations",
    "demand_forecast",
    "anomalies",
    "segments",
    "basket_rules",
    "customer_value",
    "campaign_effects",
    "market_trends",
    "drivers",
)
FAMILIES: tuple[Family, ...] = tuple(family_in(f"models.{name}") for name in _NAMES)
