"""Gamma-Gamma: how much a customer spends on a purchase day.

P. Fader, B. Hardie, "The Gamma-Gamma model of monetary value" (2013). A customer's amounts are Gamma distributed with
shape p and rate nu; nu is Gamma distributed over customers with shape q and rate gamma. Amounts do not depend on how
often the customer buys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, psi

from models.customer_value.likelihood import Fitted, maximise

if TYPE_CHECKING:
    from models.customer_value.likelihood import FloatArray

_STARTS = ((1.0, 3.0, 1.0), (5.0, 3.0, 0.5), (0.5, 10.0, 5.0))
_BOUNDS = ((1e-2, 1e4), (1.05, 1e4), (1e-4, 1e4))


@dataclass(frozen=True)
class GammaGamma:
    """The model with its three parameters; gamma is in the shop's currency."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        """Expected amount of a purchase day of a customer not known yet."""
        return self.p * self.gamma / (self.q - 1)

    def expected(self, repeats: FloatArray, mean_amount: FloatArray) -> FloatArray:
        """Return the expected amount of a purchase day, given the mean of `repeats` purchase days (equation 5).

        `mean_amount` may be anything where `repeats` is 0.
        """
        shape, rate = self.posterior(repeats, mean_amount)
        return self.p * rate / (shape - 1)

    def posterior(self, repeats: FloatArray, mean_amount: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return shape and rate of the Gamma distribution of each customer's nu, given what was spent."""
        spent = np.where(repeats > 0, repeats * mean_amount, 0.0)
        return self.p * repeats + self.q, self.gamma + spent


def fit_gamma_gamma(repeats: FloatArray, mean_amount: FloatArray) -> tuple[GammaGamma, Fitted]:
    """Fit by maximum likelihood on customers with a repeat purchase and a positive mean amount."""
    scale = float(mean_amount.mean())
    amount = mean_amount / scale
    spent = amount * repeats
    log_amount, log_spent = np.log(amount), np.log(spent)
    # Repeat purchases are few different numbers: what takes long is computed once of each.
    different, which = np.unique(repeats, return_inverse=True)
    log_repeats = np.log(different)

    def log_likelihood(parameters: FloatArray) -> tuple[float, FloatArray]:
        p, q, gamma = parameters
        shape = p * different
        of_count = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + shape * log_repeats
        psi_both = psi(shape + q)
        shape_minus_1, both = (shape - 1)[which], (shape + q)[which]
        together = np.log(gamma + spent)
        value = of_count[which] + shape_minus_1 * log_amount - both * together  # the terms of equation 1a
        by_p = repeats * ((psi_both - psi(shape))[which] + log_spent - together)
        by_q = (psi_both - psi(q) + np.log(gamma))[which] - together
        by_gamma = q / gamma - both / (gamma + spent)
        return float(value.sum()), np.array([by_p.sum(), by_q.sum(), by_gamma.sum()])

    fitted = maximise(log_likelihood, ("p", "q", "gamma"), _STARTS, _BOUNDS, len(repeats))
    in_currency = Fitted(
        names=fitted.names,
        values=fitted.values * np.array([1.0, 1.0, scale]),
        log_covariance=fitted.log_covariance,
        log_likelihood=fitted.log_likelihood - len(repeats) * float(np.log(scale)),
        observation_count=fitted.observation_count,
    )
    return GammaGamma(*(in_currency.value(name) for name in in_currency.names)), in_currency
