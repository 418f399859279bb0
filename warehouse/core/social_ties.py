"""The contract of core.social_ties."""

from warehouse.contracts import Check, Column, Origin, Personal, Question, Table
from warehouse.fields import CUSTOMER_ID

TABLE = Table(
    schema="core",
    name="social_ties",
    grain="one row per directed tie between two customers",
    description="Who follows or knows whom; a friendship is two rows.",
    key=("customer_id", "friend_id"),
    dated_by="since_on",
    columns=(
        CUSTOMER_ID.here(origin=Origin.SOURCE),
        Column(
            name="friend_id",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The customer's friend.",
            personal=Personal.IDENTIFIER,
        ),
        Column(name="since_on", type="DATE", origin=Origin.SOURCE, description="When the tie began.", nullable=True),
    ),
    checks=(
        Check(
            name="tie_to_oneself",
            violation="customer_id = friend_id",
            meaning="a customer is their own friend",
            advice="remove the tie",
        ),
    ),
    questions=(
        Question(
            text="Who has the most friends?",
            sql=(
                "SELECT customer_id, count(*) AS friend_count FROM core.social_ties "
                "GROUP BY customer_id ORDER BY 2 DESC, 1 LIMIT 10"
            ),
        ),
    ),
    inputs=("raw",),
)
