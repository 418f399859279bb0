"""The family `campaign_effects`: what each arm of each campaign brought against its control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.campaign_effects.candidates import CANDIDATES
from models.campaign_effects.comparisons import Comparison, read_comparisons
from models.campaign_effects.evaluation import (
    choose_champion,
    evaluate,
    outcome_of,
    placebo_tests,
)
from models.campaign_effects.reading import skipped, verdict
from models.campaign_effects.rows import effect_rows
from models.evaluation import FittedParameter, metrics_frame, parameters_frame
from models.frames import numeric_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.campaign_effects.candidates import Estimator
    from models.campaign_effects.parameters import CampaignEffectsParameters
    from models.family import Context, Results
    from models.inputs import Input, Inputs

OUTCOMES = "features.campaign_outcomes"
CAMPAIGNS = "features.campaigns"


def fit(inputs: Inputs, parameters: CampaignEffectsParameters, context: Context) -> Results:
    """Return campaign_effects, model_metrics and model_parameters.

    `inputs` has features.campaign_outcomes and, for names and costs, features.campaigns.
    Raises `NotApplicableError` where no arm can be compared with a control.
    """
    comparisons = read_comparisons(inputs[OUTCOMES].table(), parameters, context.as_of)
    estimated = [one for one in comparisons if not one.reason]
    placebos = placebo_tests(estimated, parameters.placebo_count, context.seed)
    champion = choose_champion(placebos)
    campaigns = _campaigns(inputs.get(CAMPAIGNS))
    rows = effect_rows(comparisons, champion, campaigns, parameters)
    rows["verdict"] = [
        skipped(one.reason) if one.reason else verdict(row, context.currency)
        for one, row in zip(comparisons, rows.to_dict("records"), strict=True)
    ]
    ratios = [_standard_error_ratios(one) for one in estimated]
    return {
        "campaign_effects": rows,
        "model_metrics": metrics_frame(evaluate(estimated, placebos, ratios, parameters, context.seed)),
        "model_parameters": parameters_frame(_fitted(estimated, champion)),
    }


def _campaigns(table: Input | None) -> dict[str, tuple[str | None, float]]:
    if table is None or table.row_count == 0:
        return {}
    frame = numeric_frame(table.table(), sort_by=["campaign_id"])
    names = frame["name"].astype("object").where(frame["name"].notna(), None)
    costs = frame["cost"].astype("float64")
    return dict(zip(frame["campaign_id"], zip(names, costs, strict=True), strict=True))


def _standard_error_ratios(one: Comparison) -> dict[str, float]:
    arms = one.arms(outcome_of(one))
    errors = {estimator.name: estimator.effect(*arms).standard_error for estimator in CANDIDATES}
    plain = errors[CANDIDATES.baseline.name]
    return {name: error / plain if plain > 0 else 1.0 for name, error in errors.items()}


def _fitted(estimated: Sequence[Comparison], champion: Estimator) -> Iterator[FittedParameter]:
    for one in estimated:
        effect = champion.effect(*one.arms(outcome_of(one)))
        yield FittedParameter(
            model=champion.name,
            scope=f"{one.campaign_id}: {one.arm}",
            parameter=f"{outcome_of(one)}_difference",
            value=effect.value,
            standard_error=effect.standard_error,
            lower=effect.lower,
            upper=effect.upper,
            note="Per customer, treated less control.",
        )
