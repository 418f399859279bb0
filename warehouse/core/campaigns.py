"""The contract of core.campaigns."""

from warehouse.contracts import Check, Column, Origin, Question, Table
from warehouse.fields import CAMPAIGN_ID

TABLE = Table(
    schema="core",
    name="campaigns",
    grain="one row per campaign",
    description="Marketing campaigns: what ran, where and when.",
    key=("campaign_id",),
    dated_by="started_on",
    columns=(
        CAMPAIGN_ID.here(origin=Origin.SOURCE),
        Column(name="name", type="VARCHAR", origin=Origin.SOURCE, description="The campaign's name.", nullable=True),
        Column(
            name="channel",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="Email, post, advertisement and so on.",
            nullable=True,
        ),
        Column(
            name="cost",
            type="DECIMAL(18,4)",
            origin=Origin.SOURCE,
            description="What it cost in all.",
            unit="shop currency",
            nullable=True,
        ),
        Column(name="started_on", type="DATE", origin=Origin.SOURCE, description="The first day."),
        Column(name="ended_on", type="DATE", origin=Origin.SOURCE, description="The last day."),
    ),
    checks=(
        Check(
            name="campaign_ends_before_it_starts",
            violation="ended_on < started_on",
            meaning="the campaign ends before it starts",
            advice="correct the dates",
        ),
    ),
    questions=(
        Question(
            text="Which campaigns ran, and when?",
            sql="SELECT campaign_id, name, started_on, ended_on FROM core.campaigns ORDER BY started_on",
        ),
    ),
    inputs=("raw",),
)
