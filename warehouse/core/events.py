"""The contract of core.events."""

from warehouse.contracts import Column, Origin, Question, Table
from warehouse.fields import CUSTOMER_ID, PRODUCT_ID

TABLE = Table(
    schema="core",
    name="events",
    grain="one row per event of a visit",
    description="What visitors did in the shop: pages and products viewed, carts filled, purchases.",
    key=("event_id",),
    dated_by="occurred_on",
    columns=(
        Column(name="event_id", type="VARCHAR", origin=Origin.SOURCE, description="The event's number."),
        Column(
            name="session_id", type="VARCHAR", origin=Origin.SOURCE, description="The visit that the event belongs to."
        ),
        CUSTOMER_ID.here("Who, where signed in.", origin=Origin.SOURCE, nullable=True),
        PRODUCT_ID.here("Which one was looked at, where there is one.", origin=Origin.SOURCE, nullable=True),
        Column(
            name="event_kind",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="What happened.",
            allowed=("visit", "view", "search", "add_to_cart", "purchase"),
        ),
        Column(
            name="channel",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="Where the visit came from.",
            nullable=True,
        ),
        Column(name="occurred_at", type="TIMESTAMP", origin=Origin.SOURCE, description="When it happened.", unit="UTC"),
        Column(name="occurred_on", type="DATE", description="The calendar day in the shop's time zone."),
    ),
    questions=(
        Question(
            text="How many visits came from each channel?",
            sql=(
                "SELECT channel, count(DISTINCT session_id) AS session_count FROM core.events "
                "GROUP BY channel ORDER BY 2 DESC, 1"
            ),
        ),
    ),
    inputs=("raw",),
)
