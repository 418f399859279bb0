"""Effects of a randomised treatment: difference in means, and the same adjusted by what was known before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

_FULL_LEVERAGE = 1e-9
_COLLINEAR = 1e-8


class Arm(NamedTuple):
    """The customers of one arm: an outcome of shape (n,) and pre-period covariates of shape (n, k)."""

    outcome: Values
    covariates: Values


class Effect(NamedTuple):
    """Treated less control per customer, with standard error, 95% interval and two-sided p-value."""

    value: float
    standard_error: float
    lower: float
    upper: float
    p_value: float


def difference_in_means(treated: Arm, control: Arm) -> Effect:
    """Return the unadjusted effect with Welch's interval: B. L. Welch, Biometrika 34 (1947)."""
    return _effect(_intercept(treated.outcome, treated.covariates[:, :0]), _intercept(control.outcome, _none(control)))


def regression_adjusted(treated: Arm, control: Arm) -> Effect:
    """Return the effect adjusted for pre-period covariates, with their full interactions and HC2 standard errors.

    Equal to the treatment's coefficient in a regression on treatment, centred covariates and their products; each arm
    is fitted on its own, which is the same. Covariates that do not vary are left out; without any it is the
    difference in means. CUPED (A. Deng et al., WSDM 2013) is the case of one common slope.
    Source: W. Lin, "Agnostic notes on regression adjustments to experimental data", Ann. Appl. Stat. 7 (2013).
    """
    kept = _usable_covariates(treated, control)
    centre = np.concatenate([treated.covariates[:, kept], control.covariates[:, kept]]).mean(axis=0)
    return _effect(
        _intercept(treated.outcome, treated.covariates[:, kept] - centre),
        _intercept(control.outcome, control.covariates[:, kept] - centre),
    )


class _Intercept(NamedTuple):
    value: float
    variance: float
    freedom: int


def _none(arm: Arm) -> Values:
    return arm.covariates[:, :0]


def _usable_covariates(treated: Arm, control: Arm) -> list[int]:
    kept: list[int] = []
    for column in range(treated.covariates.shape[1]):
        trial = [*kept, column]
        if all(_independent(arm.covariates[:, trial]) for arm in (treated, control)):
            kept = trial
    return kept


def _independent(covariates: Values) -> bool:
    centred = covariates - covariates.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    if len(centred) <= centred.shape[1] + 1 or (norms == 0).any():
        return False
    singular = np.linalg.svd(centred / norms, compute_uv=False)
    return bool(singular[-1] > _COLLINEAR * singular[0])


def _intercept(outcome: Values, covariates: Values) -> _Intercept:
    design = np.column_stack([np.ones(len(outcome)), covariates])
    inverse = np.linalg.inv(design.T @ design)
    residuals = outcome - design @ (inverse @ (design.T @ outcome))
    leverage = np.einsum("ij,ij->i", design @ inverse, design)
    weights = design @ inverse[:, 0]
    spare = np.maximum(1 - leverage, _FULL_LEVERAGE)
    squares = np.where(spare > _FULL_LEVERAGE, np.square(residuals) / spare, 0.0)
    return _Intercept(
        value=float(inverse[0] @ (design.T @ outcome)),
        variance=float(np.square(weights) @ squares),
        freedom=len(outcome) - design.shape[1],
    )


def _effect(treated: _Intercept, control: _Intercept) -> Effect:
    value = treated.value - control.value
    variance = treated.variance + control.variance
    error = math.sqrt(variance)
    if error == 0:
        return Effect(value, 0.0, value, value, 1.0 if value == 0 else 0.0)
    freedom = variance**2 / (treated.variance**2 / treated.freedom + control.variance**2 / control.freedom)
    half = float(special.stdtrit(freedom, 0.975)) * error
    return Effect(value, error, value - half, value + half, float(2 * special.stdtr(freedom, -abs(value) / error)))
