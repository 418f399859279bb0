from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from models.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma

# Published estimates for the CDNOW sample (Fader and Hardie 2013).
CDNOW = GammaGamma(p=6.25, q=3.744, gamma=15.44)


def test_published_examples_of_cdnow() -> None:
    expected = CDNOW.expected(np.array([2.0, 1, 0, 7]), np.array([22.35, 11.77, np.nan, 73.74]))
    assert list(expected) == pytest.approx([24.65, 18.91, 35.17, 71.46], abs=0.05)
    assert CDNOW.mean == pytest.approx(35.17, abs=0.05)


def simulate(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    repeats = 1.0 + random.poisson(3, size)
    rates = random.gamma(CDNOW.q, 1 / CDNOW.gamma, size)
    return repeats, random.gamma(CDNOW.p * repeats, 1 / rates) / repeats


def test_planted_parameters_are_recovered_within_their_errors() -> None:
    _, fitted = fit_gamma_gamma(*simulate(5_000, seed=4))
    errors = np.array([fitted.log_error(slope) for slope in np.eye(3)])
    planted = np.array([CDNOW.p, CDNOW.q, CDNOW.gamma])
    assert (np.abs(np.log(fitted.values / planted)) < 2.6 * errors).all()
    assert errors.max() < 0.2


def test_likelihood_is_the_density_integrated_over_customers() -> None:
    repeats, amounts = simulate(40, seed=5)
    model, fitted = fit_gamma_gamma(repeats, amounts)
    densities = [
        quad(
            lambda rate, x=x, m=m: (
                gamma.pdf(m, model.p * x, scale=1 / (x * rate)) * gamma.pdf(rate, model.q, scale=1 / model.gamma)
            ),
            0,
            np.inf,
        )[0]
        for x, m in zip(repeats, amounts, strict=True)
    ]
    assert fitted.log_likelihood == pytest.approx(np.log(densities).sum(), rel=1e-5)


def test_a_customer_not_known_yet_spends_the_mean() -> None:
    assert CDNOW.expected(np.array([0.0]), np.array([np.nan]))[0] == pytest.approx(CDNOW.mean)
