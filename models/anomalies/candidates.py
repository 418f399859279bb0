"""The detectors of unusual days, and the scorers of unusual orders, that compete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from models.candidate import Candidate, Candidates, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.anomalies.detectors import Detection
    from models.anomalies.parameters import AnomaliesParameters


@dataclass(frozen=True, kw_only=True)
class Detector(Candidate):
    """Judges each value of an evenly spaced series by what was expected of it.

    `basis` says in a few words what the expectation rests on; `function` is `module:name`, loaded when it judges.
    """

    basis: str
    function: str

    def judge(self, values: NDArray[np.float64], period: int, parameters: AnomaliesParameters) -> Detection:
        """Judge non-negative `values` with `period` of them in a season."""
        return cast("Detection", load(self.function)(values, period, parameters))


DETECTORS = Candidates(
    Detector(
        name="three_sigma",
        label="the 3-sigma rule",
        basis="from the mean of all days",
        function="models.anomalies.detectors:three_sigma",
    ),
    (
        Detector(
            name="robust_stl",
            label="trend and weekday, by robust STL",
            basis="from trend and weekday",
            function="models.anomalies.detectors:robust_stl",
        ),
    ),
)

SCORERS = Candidates(
    Candidate(name="three_sigma_size", label="the 3-sigma rule on the order's size"),
    (Candidate(name="isolation_forest", label="an isolation forest"),),
)
