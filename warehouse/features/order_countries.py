"""The contract of features.order_countries."""

from warehouse.contracts import Column, Table

TABLE = Table(
    schema="features",
    name="order_countries",
    grain="one row per country with a sale",
    description="How usual it is that an order goes to a country.",
    key=("country",),
    columns=(
        Column(name="country", type="VARCHAR", description="The country of the order."),
        Column(name="order_count", type="BIGINT", description="Orders with a sale.", unit="orders", minimum=1),
        Column(
            name="country_share",
            type="DOUBLE",
            description="Its share of all orders with a sale, also of those without a country.",
            minimum=0,
            maximum=1,
        ),
    ),
    inputs=("features.known_orders",),
)
