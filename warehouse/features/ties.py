"""The contract of features.ties."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import CUSTOMER_CODE

TABLE = Table(
    schema="features",
    name="ties",
    grain="one row per directed tie between two buyers",
    description="Whose friends' purchases may be recommended to whom, in codes.",
    key=("customer_code", "friend_code"),
    columns=(
        CUSTOMER_CODE.here(references="features.buyers.customer_code", minimum=0),
        Column(
            name="friend_code",
            type="INTEGER",
            description="The friend's number.",
            references="features.buyers.customer_code",
            minimum=0,
        ),
        Column(
            name="is_training",
            type="BOOLEAN",
            description="The tie was there in the training period; a tie without a date counts as old.",
        ),
    ),
    questions=(
        Question(
            text="How many buyers have friends who buy?",
            sql="SELECT count(DISTINCT customer_code) AS customer_count FROM features.ties",
        ),
    ),
    inputs=("core.social_ties", "features.buyers", "features.evaluation_periods"),
)
