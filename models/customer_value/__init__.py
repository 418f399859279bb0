"""Who will buy again, how often, and for how much? BG/NBD and Gamma-Gamma."""

from models.customer_value.candidates import AMOUNTS, CHURN, PURCHASES
from models.customer_value.parameters import CustomerValueParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="Who will buy again, for how much, and who is leaving?",
    inputs=("features.customer_history",),
    tables=("customer_value",),
    parameters=CustomerValueParameters,
    candidates=tuple(dict.fromkeys((*PURCHASES, *CHURN, *AMOUNTS))),
)
