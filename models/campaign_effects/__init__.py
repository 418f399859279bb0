"""What campaigns brought: arms against a held-out control, with intervals, checks and verdicts."""

from models.campaign_effects.candidates import CANDIDATES
from models.campaign_effects.parameters import CampaignEffectsParameters
from models.family import Family, Kind

FAMILY = Family(
    package=__name__,
    kind=Kind.PREDICTIVE,
    question="What did each campaign bring?",
    inputs=("features.campaign_outcomes",),
    optional_inputs=("features.campaigns",),
    tables=("campaign_effects",),
    parameters=CampaignEffectsParameters,
    candidates=tuple(CANDIDATES),
)
