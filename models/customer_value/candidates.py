"""The models of customers to come that compete: of purchases, of leaving and of amounts, each with its baseline."""

from models.candidate import Candidate, Candidates

PURCHASES = Candidates(
    Candidate(name="last_window", label="as many purchases as in the days before"),
    (
        Candidate(name="population_mean", label="the mean of all customers"),
        Candidate(name="bg_nbd", label="the BG/NBD model"),
    ),
)
CHURN = Candidates(Candidate(name="recency_rule", label="the days since the last purchase"), (PURCHASES["bg_nbd"],))
AMOUNTS = Candidates(
    Candidate(name="last_amount", label="the amounts of the days before"),
    (Candidate(name="gamma_gamma", label="the Gamma-Gamma model"), PURCHASES["population_mean"]),
)
LAST_WINDOW, POPULATION_MEAN, BG_NBD = PURCHASES.names
