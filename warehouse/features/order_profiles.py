"""The contract of features.order_profiles."""

from warehouse.contracts import Column, Parts, Question, Table
from warehouse.fields import ORDER_ID, ORDERED_ON, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="order_profiles",
    grain="one row per order with a sale in the last order_days (a setting of anomalies) before as_of",
    description=(
        "What an order looks like beside others: size, prices, time, place, and how far it is from its customer's own "
        "earlier orders. Sale lines only: charges, returns and gifts are left out. Histories count every order up to "
        "the order itself."
    ),
    key=("order_id",),
    columns=(
        ORDER_ID.here(references="core.orders.order_id"),
        Column(name="country", type="VARCHAR", description="The country of the order.", nullable=True),
        Column(
            name="is_new_customer",
            type="BOOLEAN",
            description="A known customer's first order; false where the customer is not known.",
        ),
        Column(name="line_count", type="BIGINT", description="Sale lines.", unit="lines", minimum=1),
        Column(name="product_count", type="BIGINT", description="Distinct products.", unit="products", minimum=1),
        UNIT_COUNT,
        Column(
            name="previous_order_count",
            type="BIGINT",
            description="The customer's earlier orders with a sale; 0 where the customer is not known.",
            unit="orders",
            minimum=0,
        ),
        Column(name="weekday", type="BIGINT", description="1 is Monday, 7 is Sunday.", minimum=1, maximum=7),
        Column(name="hour", type="BIGINT", description="The hour it was placed.", unit="UTC", minimum=0, maximum=23),
        Column(
            name="amount",
            type="DOUBLE",
            description="Sum of the sale lines; empty without prices.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="mean_unit_price",
            type="DOUBLE",
            description="Amount by unit.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="maximum_unit_price",
            type="DOUBLE",
            description="The dearest line's unit price.",
            unit="shop currency",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="history_deviation",
            type="DOUBLE",
            description=(
                "ln(1 + size) less its mean over the customer's earlier orders, size being the amount, or the units "
                "without prices; empty without earlier orders."
            ),
            unit="log ratio",
            nullable=True,
        ),
        ORDERED_ON,
    ),
    questions=(
        Question(
            text="Which orders were furthest above their customer's own earlier ones?",
            sql=(
                "SELECT order_id, ordered_on, amount, previous_order_count, history_deviation "
                "FROM features.order_profiles WHERE previous_order_count >= 3 "
                "ORDER BY history_deviation DESC NULLS LAST, order_id LIMIT 10"
            ),
        ),
    ),
    inputs=("features.sales", "features.known_orders", "features.evaluation_periods"),
    parts=Parts.BUCKETS,
    renewed_by="order_id",
)
