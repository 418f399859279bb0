"""The contract of features.buyers."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import CUSTOMER_CODE, CUSTOMER_ID

TABLE = Table(
    schema="features",
    name="buyers",
    grain="one row per customer who bought a product",
    description=(
        "The customers that recommendations are made for, by their code: counted from 0, by the day of the first order."
    ),
    key=("customer_code",),
    columns=(
        CUSTOMER_CODE.here(minimum=0),
        CUSTOMER_ID.here(references="core.customers.customer_id"),
        Column(name="order_count", type="BIGINT", description="Orders with a product.", unit="orders", minimum=1),
        Column(name="first_ordered_on", type="DATE", description="The day of the first order."),
        Column(name="last_ordered_on", type="DATE", description="The day of the latest order."),
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
