"""The estimators of a campaign's effect that compete. What is listed here is judged, and may be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from models.candidate import Candidate, Candidates, load

if TYPE_CHECKING:
    from models.campaign_effects.estimators import Arm, Effect


@dataclass(frozen=True, kw_only=True)
class Estimator(Candidate):
    """Estimates what a treatment changed; `function` is `module:name`, loaded when it estimates."""

    function: str

    def effect(self, treated: Arm, control: Arm) -> Effect:
        """Return treated less control per customer."""
        return cast("Effect", load(self.function)(treated, control))


CANDIDATES = Candidates(
    Estimator(
        name="difference_in_means",
        label="the difference in means",
        function="models.campaign_effects.estimators:difference_in_means",
    ),
    (
        Estimator(
            name="regression_adjusted",
            label="the difference adjusted by what was known before",
            function="models.campaign_effects.estimators:regression_adjusted",
        ),
    ),
)
