"""What moves sales: correlations, regressions and price elasticity, each with its uncertainty."""

from models.drivers.candidates import DAILY, PANEL
from models.drivers.parameters import DriversParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="What moves with sales, and by how much?",
    inputs=("features.daily_drivers",),
    optional_inputs=("features.price_panel",),
    tables=("correlations", "regressions"),
    parameters=DriversParameters,
    candidates=(*DAILY, *PANEL),
)
