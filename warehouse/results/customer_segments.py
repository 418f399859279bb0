"""The contract of results.customer_segments."""

from warehouse.contracts import Column, Question, result_table
from warehouse.fields import CUSTOMER_ID, SALES_AMOUNT, SEGMENT_ID

TABLE = result_table(
    name="customer_segments",
    grain="one row per customer and day of the answer",
    description=(
        "The segment of each customer with its recency, frequency and monetary scores. The table appends, so that "
        "customers' moves between segments can be followed. See results.segment_profiles for what a segment means."
    ),
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        SEGMENT_ID.here(minimum=1),
        Column(name="segment_name", type="VARCHAR", description="The segment's name."),
        Column(name="reason", type="VARCHAR", description="Why the customer is in the segment, in a sentence."),
        Column(
            name="recency_score",
            type="BIGINT",
            description="Quintile of recency: 5 bought most lately.",
            minimum=1,
            maximum=5,
        ),
        Column(
            name="frequency_score",
            type="BIGINT",
            description="Quintile of the number of orders: 5 ordered most often.",
            minimum=1,
            maximum=5,
        ),
        Column(
            name="monetary_score",
            type="BIGINT",
            description="Quintile of the amount: 5 spent most; empty without prices.",
            nullable=True,
            minimum=1,
            maximum=5,
        ),
        Column(
            name="recency_days",
            type="BIGINT",
            description="Days since the last purchase.",
            unit="days",
            minimum=0,
        ),
        Column(name="order_count", type="BIGINT", description="Orders placed.", unit="orders", minimum=1),
        SALES_AMOUNT.here("Of all purchases; empty without prices.", type="DOUBLE", minimum=0),
        Column(
            name="centre_distance",
            type="DOUBLE",
            description="Distance from the segment's centre in the space of log recency, frequency and spend.",
            unit="standard deviations",
            minimum=0,
        ),
        Column(
            name="confidence",
            type="DOUBLE",
            description=(
                "How much nearer the segment's centre is than the next one's: 1 at the centre, 0 on the border."
            ),
            minimum=0,
            maximum=1,
        ),
    ),
    questions=(
        Question(
            text="Which customers should be won back first?",
            sql=(
                "SELECT customer_id, segment_name, reason FROM results.customer_segments "
                "WHERE as_of = (SELECT max(as_of) FROM results.customer_segments) AND recency_score <= 2 "
                "AND may_contact ORDER BY sales_amount DESC NULLS LAST, customer_id LIMIT 20"
            ),
        ),
        Question(
            text="Who has moved between segments since the day before?",
            empty_when_well=True,
            sql=(
                "SELECT earlier.segment_name AS moved_from, later.segment_name AS moved_to, count(*) AS customer_count "
                "FROM results.customer_segments AS later INNER JOIN results.customer_segments AS earlier "
                "ON earlier.customer_id = later.customer_id AND earlier.as_of = ("
                "SELECT max(as_of) FROM results.customer_segments WHERE as_of < later.as_of) "
                "WHERE later.as_of = (SELECT max(as_of) FROM results.customer_segments) "
                "AND earlier.segment_id <> later.segment_id GROUP BY ALL ORDER BY customer_count DESC, 1, 2"
            ),
        ),
    ),
    append=True,
)
