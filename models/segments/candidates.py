"""The ways to group customers that compete."""

from models.candidate import Candidate, Candidates

CANDIDATES = Candidates(
    Candidate(name="rfm_score_sum", label="the sum of the RFM scores"),
    (Candidate(name="kmeans", label="clusters by k-means"),),
)
RULE, KMEANS = CANDIDATES.names
