"""Maximum likelihood of positive parameters, with standard errors from the observed information."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

FloatArray = NDArray[np.float64]
LogLikelihood = Callable[[FloatArray], tuple[float, FloatArray]]
"""Takes the `(k,)` parameters; returns the log-likelihood and its `(k,)` gradient by the parameters."""

_STEP = 1e-4
_NEAR_LIMIT = 1e-3
_LEAST_INFORMATION = 1e-2


@dataclass(frozen=True)
class Fitted:
    """Parameters at the maximum, and the `(k, k)` covariance of their logarithms (NaN where not identified)."""

    names: tuple[str, ...]
    values: FloatArray
    log_covariance: FloatArray
    log_likelihood: float
    observation_count: int

    def value(self, name: str) -> float:
        """Return the parameter called `name`."""
        return float(self.values[self.names.index(name)])

    def log_error(self, slopes: Sequence[float] | FloatArray) -> float:
        """Return the delta method's standard error of a quantity with these slopes by the logs of the parameters.

        Parameters with slope 0 do not count. NaN where a parameter that counts is not identified.
        """
        slope = np.asarray(slopes, dtype=np.float64)
        counts = slope != 0
        variance = float(slope[counts] @ self.log_covariance[np.ix_(counts, counts)] @ slope[counts])
        return float(np.sqrt(variance)) if variance >= 0 else np.nan


def maximise(
    log_likelihood: LogLikelihood,
    names: tuple[str, ...],
    starts: Sequence[Sequence[float]],
    bounds: Sequence[tuple[float, float]],
    observation_count: int,
) -> Fitted:
    """Maximise over the logarithms of the parameters with L-BFGS-B from each start; the best end wins.

    `starts` and `bounds` are in the parameters' own units.
    """
    limits = np.log(np.asarray(bounds, dtype=np.float64))

    def negative(logs: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = log_likelihood(np.exp(logs))
        return -value / observation_count, -gradient * np.exp(logs) / observation_count

    ends = [
        minimize(
            negative,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 1_000},
        )
        for start in starts
    ]
    best = min(ends, key=lambda end: float(end.fun))
    logs = np.asarray(best.x, dtype=np.float64)
    hessian = _hessian(lambda at: negative(at)[1] * observation_count, logs)
    return Fitted(
        names=names,
        values=np.exp(logs),
        log_covariance=_covariance(hessian, logs, limits),
        log_likelihood=-float(best.fun) * observation_count,
        observation_count=observation_count,
    )


def _hessian(gradient: Callable[[FloatArray], FloatArray], at: FloatArray) -> FloatArray:
    steps = np.eye(len(at)) * _STEP
    rows = np.array([(gradient(at + step) - gradient(at - step)) / (2 * _STEP) for step in steps])
    return np.asarray((rows + rows.T) / 2, dtype=np.float64)


def _covariance(hessian: FloatArray, logs: FloatArray, limits: FloatArray) -> FloatArray:
    """Invert the information of the parameters the data tell something about; the others get NaN.

    A parameter at its limit, or whose logarithm the likelihood hardly depends on, is held fixed.
    """
    inside = (logs > limits[:, 0] + _NEAR_LIMIT) & (logs < limits[:, 1] - _NEAR_LIMIT)
    known = inside & (np.diag(hessian) > _LEAST_INFORMATION)
    covariance = np.full_like(hessian, np.nan)
    block = np.ix_(known, known)
    information = hessian[block]
    if known.any() and np.linalg.eigvalsh(information).min() > 0:
        covariance[block] = np.linalg.inv(information)
    return covariance
