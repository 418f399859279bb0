"""The ways to foresee what else is in a basket that compete."""

from models.candidate import Candidate, Candidates

CANDIDATES = Candidates(
    Candidate(name="popularity", label="what most orders hold"),
    (Candidate(name="association_rules", label="association rules"),),
)
POPULARITY, RULES = CANDIDATES.names
