"""Which customers are alike? Segments by recency, frequency and monetary value."""

from models.family import Family, Kind
from models.segments.candidates import CANDIDATES
from models.segments.parameters import SegmentsParameters

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="Which kinds of customers are there?",
    inputs=("features.customer_history",),
    optional_inputs=("results.segment_profiles",),
    tables=("customer_segments", "segment_profiles"),
    parameters=SegmentsParameters,
    candidates=tuple(CANDIDATES),
)
