"""The contract of features.window_edges."""

from warehouse.contracts import Column, Table

TABLE = Table(
    schema="features",
    name="window_edges",
    grain="one row per window of the features",
    description=(
        "The last day before each window of customer_history, interactions and order_profiles. Windows move with "
        "as_of: what lies on the days that an edge has passed since the features were built is built again."
    ),
    key=("name",),
    columns=(
        Column(name="name", type="VARCHAR", description="The window."),
        Column(
            name="concerns",
            type="VARCHAR",
            description="Whether the rows of customers with lines on these days change, or of orders placed on them.",
            allowed=("customers", "orders"),
        ),
        Column(name="edge_on", type="DATE", description="The last day before the window.", nullable=True),
    ),
    inputs=("features.evaluation_periods",),
)
