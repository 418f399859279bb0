"""The contract of features.basket_days."""

from warehouse.contracts import Column, Table

TABLE = Table(
    schema="features",
    name="basket_days",
    grain="one row per day on which an order of several products was placed",
    description="From which number on the orders of each day are counted in features.baskets.",
    key=("placed_on",),
    columns=(
        Column(name="order_count", type="BIGINT", description="Orders of several products.", unit="orders", minimum=1),
        Column(name="first_order_code", type="BIGINT", description="The number of the first of them.", minimum=0),
        Column(name="placed_on", type="DATE", description="The first day of the orders."),
    ),
    inputs=("features.known_orders",),
    stored=False,
)
