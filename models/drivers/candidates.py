"""The models of days and of products' weeks that compete: a baseline and a regression each."""

from models.candidate import Candidate, Candidates

REGRESSION = Candidate(name="regression", label="the regression on the day's drivers")
FIXED_EFFECTS = Candidate(name="fixed_effects", label="price elasticity with product and week effects")

DAILY = Candidates(Candidate(name="weekday_mean", label="the weekday's mean"), (REGRESSION,))
PANEL = Candidates(Candidate(name="no_price_effect", label="no effect of prices"), (FIXED_EFFECTS,))
