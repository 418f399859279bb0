"""The contract of core.reviews."""

from warehouse.contracts import Column, Origin, Personal, Question, Table
from warehouse.fields import CUSTOMER_ID, PRODUCT_ID

TABLE = Table(
    schema="core",
    name="reviews",
    grain="one row per review",
    description="What customers wrote about products.",
    key=("review_id",),
    dated_by="reviewed_on",
    columns=(
        Column(name="review_id", type="VARCHAR", origin=Origin.SOURCE, description="The review's number."),
        PRODUCT_ID.here("The one reviewed.", origin=Origin.SOURCE, nullable=True),
        CUSTOMER_ID.here("Who wrote it, where known.", origin=Origin.SOURCE, nullable=True),
        Column(name="rating", type="INTEGER", origin=Origin.SOURCE, description="Stars, 1 to 5.", minimum=1, maximum=5),
        Column(
            name="title",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The headline's pseudonym; the words are protected.",
            nullable=True,
            personal=Personal.CONTENT,
        ),
        Column(
            name="text",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The text's pseudonym; the words, in any language, are protected.",
            nullable=True,
            personal=Personal.CONTENT,
        ),
        Column(
            name="reviewed_at", type="TIMESTAMP", origin=Origin.SOURCE, description="When it was written.", unit="UTC"
        ),
        Column(name="reviewed_on", type="DATE", description="The calendar day in the shop's time zone."),
    ),
    questions=(
        Question(
            text="How are the ratings distributed?",
            sql="SELECT rating, count(*) AS review_count FROM core.reviews GROUP BY rating ORDER BY rating",
        ),
    ),
    inputs=("raw",),
)
