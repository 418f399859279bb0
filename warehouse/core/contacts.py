"""The contract of core.contacts."""

from warehouse.contracts import Column, Origin, Question, Table
from warehouse.fields import ARM, CAMPAIGN_ID, CUSTOMER_ID

TABLE = Table(
    schema="core",
    name="contacts",
    grain="one row per customer in a campaign, treated or held out",
    description="Who was assigned to which arm of a campaign; the control arm was not contacted.",
    key=("campaign_id", "customer_id"),
    dated_by="contacted_on",
    columns=(
        CAMPAIGN_ID.here(origin=Origin.SOURCE, references="core.campaigns.campaign_id"),
        CUSTOMER_ID.here(origin=Origin.SOURCE),
        ARM.here(origin=Origin.SOURCE),
        Column(name="is_control", type="BOOLEAN", origin=Origin.EITHER, description="The arm was held out."),
        Column(
            name="contacted_on",
            type="DATE",
            origin=Origin.SOURCE,
            description="The day of contact, or of assignment for controls.",
        ),
    ),
    questions=(
        Question(
            text="How large is each arm?",
            sql=(
                "SELECT campaign_id, arm, count(*) AS customer_count FROM core.contacts "
                "GROUP BY campaign_id, arm ORDER BY campaign_id, arm"
            ),
        ),
    ),
    inputs=("raw",),
)
