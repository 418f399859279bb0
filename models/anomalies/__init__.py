"""Unusual days and unusual orders, each with what was expected and why it stands out."""

from models.anomalies.candidates import DETECTORS, SCORERS
from models.anomalies.parameters import AnomaliesParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="Which days and orders were unusual, and why?",
    inputs=("features.daily_metrics",),
    optional_inputs=("features.order_profiles", "features.order_countries"),
    tables=("anomalies",),
    parameters=AnomaliesParameters,
    candidates=(*DETECTORS, *SCORERS),
)
