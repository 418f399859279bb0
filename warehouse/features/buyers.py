"""The contract of features.buyers."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import CUSTOMER_CODE, CUSTOMER_ID

TABLE = Table(
    schema="features",
    name="buyers",
    grain="one row per customer who bought a product, also if it was sent back",
    description=(
        "The customers that recommendations are made for, by their code: counted from 0, by the day of the first "
        "order. Who sent everything back keeps the number, so that the others keep theirs, and has no orders."
    ),
    key=("customer_code",),
    columns=(
        CUSTOMER_CODE.here(minimum=0),
        CUSTOMER_ID.here(references="core.customers.customer_id"),
        Column(
            name="order_count",
            type="BIGINT",
            description="Orders of which something stays sold.",
            unit="orders",
            minimum=0,
        ),
        Column(
            name="first_ordered_on",
            type="DATE",
            description="The day of the first of them; without any, of the first order.",
        ),
        Column(
            name="last_ordered_on",
            type="DATE",
            description="The day of the latest of them; without any, of the latest order.",
        ),
    ),
    questions=(
        Question(
            text="How many customers bought how often?",
            sql=(
                "SELECT order_count, count(*) AS customer_count FROM features.buyers GROUP BY order_count "
                "ORDER BY order_count"
            ),
        ),
    ),
    inputs=("features.known_orders",),
)
