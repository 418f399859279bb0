from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import roots_jacobi
from scipy.stats import beta, gamma

from models.customer_value.bg_nbd import BgNbd, Histories, _Coded, _log_likelihood, distinct, fit_bg_nbd

MODEL = BgNbd(r=0.9, alpha=30.0, a=0.7, b=2.2)
CUSTOMERS = [(0, 0, 40), (1, 12, 50), (3, 60, 200), (7, 80, 90)]
# Published estimates for the CDNOW sample, in weeks (Fader, Hardie and Lee 2005, table 2).
CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)


def histories(*customers: tuple[float, float, float]) -> Histories:
    return Histories(*(np.array(part, dtype=np.float64) for part in zip(*customers, strict=True)))


def by_integration(model: BgNbd, repeats: float, span: float, age: float) -> tuple[float, float]:
    """Integrate likelihood and its part of customers still alive over purchase rate and chance to leave."""

    def buying(days: float) -> float:
        rates = gamma(model.r, scale=1 / model.alpha)
        return float(quad(lambda rate: rate**repeats * np.exp(-rate * days) * rates.pdf(rate), 0, np.inf, epsabs=0)[0])

    leaving = beta(model.a, model.b)
    alive = quad(lambda leave: (1 - leave) ** repeats * leaving.pdf(leave), 0, 1)[0] * buying(age)
    if repeats == 0:
        return alive, alive
    left = quad(lambda leave: leave * (1 - leave) ** (repeats - 1) * leaving.pdf(leave), 0, 1)[0] * buying(span)
    return alive + left, alive


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_likelihood_and_probability_alive_agree_with_integration(customer: tuple[float, float, float]) -> None:
    model = BgNbd(r=1.9, alpha=30.0, a=1.7, b=2.2)
    likelihood, alive = by_integration(model, *customer)
    assert model.log_likelihood(histories(customer))[0] == pytest.approx(np.log(likelihood), rel=1e-5)
    assert model.probability_alive(histories(customer))[0] == pytest.approx(alive / likelihood, rel=1e-4)


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("a", [0.2, 1.0, 3.5])
def test_expected_purchases_agree_with_integration(customer: tuple[float, float, float], a: float) -> None:
    model, days = BgNbd(r=0.9, alpha=30.0, a=a, b=2.2), 90
    repeats, _, age = customer
    # Gauss-Jacobi quadrature over the chance to leave, whose density has a pole where a is below 1.
    nodes, weights = roots_jacobi(200, model.b + repeats - 1, model.a - 1)
    leave = (nodes + 1) / 2
    purchases = (1 - ((model.alpha + age) / (model.alpha + age + leave * days)) ** (model.r + repeats)) / leave
    if_alive = (weights @ purchases) / weights.sum()
    expected = if_alive * model.probability_alive(histories(customer))[0]
    assert model.expected(histories(customer), days)[0] == pytest.approx(expected, rel=1e-4)


def test_published_example_of_cdnow() -> None:
    # Customer 0001 with two repeat purchases, the last in week 30.43 of 38.86: 1.226 in the next 39 weeks.
    assert CDNOW.expected(histories((2, 30.43, 38.86)), 39)[0] == pytest.approx(1.226, abs=0.001)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_distribution_agrees_with_simulation(customer: tuple[float, float, float]) -> None:
    repeats, _, age = customer
    days, size = 120, 200_000
    random = np.random.default_rng(5)
    rates = random.gamma(MODEL.r + repeats, 1 / (MODEL.alpha + age), size)
    until_leaving = random.geometric(random.beta(MODEL.a, MODEL.b + repeats, size).clip(1e-12, 1))
    alive = random.random(size) < MODEL.probability_alive(histories(customer))[0]
    counts = np.where(alive, np.minimum(random.poisson(rates * days), until_leaving), 0)
    cumulative = MODEL.cumulative(histories(customer), days, 6)[0]
    simulated = [(counts <= limit).mean() for limit in range(7)]
    np.testing.assert_allclose(cumulative, simulated, atol=0.005)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.floats(0.05, 5), st.floats(1, 200), st.floats(0.05, 20), st.floats(0.05, 50)),
    st.integers(0, 80),
    st.floats(0, 1),
    st.integers(1, 1000),
    st.integers(1, 400),
)
def test_distribution_is_one_and_has_the_expected_mean(
    parameters: tuple[float, float, float, float], repeats: int, share: float, age: int, days: int
) -> None:
    model = BgNbd(*parameters)
    customer = histories((repeats, share * age if repeats else 0, age))
    limit = int(model.limits(customer, days)[0])
    cumulative = model.cumulative(customer, days, limit)[0]
    assert (np.diff(cumulative) >= -1e-12).all()
    assert cumulative[0] >= 0
    assert cumulative[-1] == pytest.approx(1, abs=1e-4)
    assert (1 - cumulative).sum() == pytest.approx(model.expected(customer, days)[0], rel=2e-3, abs=1e-6)


def test_customers_with_very_many_purchases_are_no_trouble() -> None:
    many = histories((5_000, 699, 700), (5_000, 300, 700))
    alive = MODEL.probability_alive(many)
    assert alive[0] > 0.8
    assert alive[1] < 1e-6
    assert MODEL.expected(many, 90)[0] == pytest.approx(alive[0] * 5_000 / 730 * 90, rel=0.05)


def test_gradient_is_that_of_the_likelihood() -> None:
    customers, at = _Coded.of(histories(*CUSTOMERS)), np.array([0.9, 30.0, 0.7, 2.2])
    _, gradient = _log_likelihood(at, customers)
    for parameter in range(4):
        step = np.zeros(4)
        step[parameter] = 1e-6 * at[parameter]
        up, down = (_log_likelihood(at + sign * step, customers)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[parameter], (up - down) / (2 * step[parameter]), rtol=1e-5, atol=1e-7)


def simulate(model: BgNbd, age: np.ndarray, seed: int) -> Histories:
    """Let customers buy and leave, all at once, until each one's age."""
    random = np.random.default_rng(seed)
    rate, leaving = random.gamma(model.r, 1 / model.alpha, len(age)), random.beta(model.a, model.b, len(age))
    repeats, span, now = np.zeros(len(age)), np.zeros(len(age)), np.zeros(len(age))
    active = np.ones(len(age), dtype=bool)
    while active.any():
        now = now + random.exponential(1 / rate)
        bought = active & (now <= age)
        repeats, span = repeats + bought, np.where(bought, now, span)
        active = bought & (random.random(len(age)) >= leaving)
    return Histories(repeats, span, age)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_parameters_are_recovered_within_their_errors(seed: int) -> None:
    planted = BgNbd(r=0.8, alpha=40.0, a=0.6, b=2.5)
    customers = simulate(planted, np.random.default_rng(seed).uniform(200, 600, 4_000), seed)
    model, fitted = fit_bg_nbd(customers)
    errors = np.array([fitted.log_error(slope) for slope in np.eye(4)])
    truth = np.array([planted.r, planted.alpha, planted.a, planted.b])
    assert (np.abs(np.log(fitted.values / truth)) < 3 * errors).all()
    assert errors.max() < 0.25
    assert model.log_likelihood(customers).sum() == pytest.approx(fitted.log_likelihood)
    assert fitted.log_likelihood >= planted.log_likelihood(customers).sum()


def test_when_nobody_leaves_the_leaving_parameters_have_no_error() -> None:
    random = np.random.default_rng(0)
    age = random.integers(100, 400, 500).astype(np.float64)
    repeats = random.poisson(random.gamma(2.0, 1 / 60, 500) * age).astype(np.float64)
    model, fitted = fit_bg_nbd(Histories(repeats, np.where(repeats > 0, age, 0.0), age))
    assert model.a / (model.a + model.b) < 1e-3
    assert np.isnan(fitted.log_error((0, 0, 1, 0)))
    assert fitted.log_error((1, 0, 0, 0)) > 0


def test_equal_histories_are_counted_once() -> None:
    unique, counts, which = distinct(histories((1, 2, 3), (0, 0, 3), (1, 2, 3), (1, 2.5, 3)))
    assert len(unique) == 3
    assert sorted(counts) == [1, 1, 2]
    assert list(unique.span[which]) == [2, 0, 2, 2.5]
