"""The contract of core.consents."""

from warehouse.contracts import Column, Origin, Question, Table
from warehouse.fields import CUSTOMER_ID

# May be contacted, by one channel or by all.
MARKETING = "marketing"
# Personal answers: who refuses has objected to them, as article 21 of the GDPR allows.
PROFILING = "profiling"

TABLE = Table(
    schema="core",
    name="consents",
    grain="one row per customer, purpose, channel and moment of a decision",
    description=(
        "What customers have agreed to or refused. The latest decision as of a day counts; of two at the same moment, "
        "the one that names a channel. privacy.consent says what holds for customers who have decided nothing."
    ),
    key=("customer_id", "purpose", "channel", "decided_at"),
    dated_by="decided_on",
    columns=(
        CUSTOMER_ID.here("Who decided.", origin=Origin.SOURCE),
        Column(
            name="purpose",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description=(
                "marketing: to be contacted; profiling: that personal answers are worked out, such as a segment or "
                "recommendations. A refusal of profiling is an objection: no row of results names the customer."
            ),
            allowed=(MARKETING, PROFILING),
        ),
        Column(
            name="channel",
            type="VARCHAR",
            origin=Origin.EITHER,
            description="The channel, such as email or post, in small letters; all where the decision names none.",
            nullable=True,
        ),
        Column(
            name="is_granted",
            type="BOOLEAN",
            origin=Origin.SOURCE,
            description="The customer agreed; false for a refusal or an objection.",
        ),
        Column(
            name="decided_at", type="TIMESTAMP", origin=Origin.SOURCE, description="When it was decided.", unit="UTC"
        ),
        Column(name="decided_on", type="DATE", description="The calendar day in the shop's time zone."),
    ),
    questions=(
        Question(
            text="Whom may we write to today?",
            sql=(
                "SELECT customer_id, segment_name, contact_channels FROM results.customer_segments "
                "WHERE may_contact AND as_of = (SELECT max(as_of) FROM results.customer_segments) "
                "ORDER BY customer_id LIMIT 20"
            ),
        ),
        Question(
            text="What have customers decided last, and how many?",
            sql=(
                "SELECT purpose, channel, is_granted, count(*) AS customer_count FROM ("
                "SELECT purpose, channel, arg_max(is_granted, decided_at) AS is_granted FROM core.consents "
                "GROUP BY customer_id, purpose, channel) GROUP BY ALL ORDER BY ALL"
            ),
        ),
    ),
    inputs=("raw",),
)
