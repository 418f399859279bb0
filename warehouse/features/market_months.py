"""The contract of features.market_months."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import SALES_AMOUNT, UNIT_COUNT

DIMENSIONS = ("total", "category", "country", "customer_type", "customer_tenure")

TABLE = Table(
    schema="features",
    name="market_months",
    grain="one row per month, dimension and member of the dimension with a sale",
    description=(
        "The shop's months, in total and split by category, country, the shop's own customer types and customer "
        "tenure (new: the first known order falls in the month; returning: before it). A dimension that the shop does "
        "not know has no rows; sales that it does not know the member of count as 'unknown'."
    ),
    key=("dimension", "member", "month_on"),
    columns=(
        Column(name="dimension", type="VARCHAR", description="What the months are split by.", allowed=DIMENSIONS),
        Column(name="member", type="VARCHAR", description="The part, such as a country; 'all' for the total."),
        Column(
            name="is_complete",
            type="BOOLEAN",
            description=(
                "The month was over by as_of, and the shop's sales begin no later than 3 days into it and end no "
                "earlier than 3 days before its end."
            ),
        ),
        Column(name="order_count", type="BIGINT", description="Orders with a sale.", unit="orders", minimum=1),
        Column(
            name="customer_count",
            type="BIGINT",
            description="Distinct known customers who bought.",
            unit="customers",
            minimum=0,
        ),
        UNIT_COUNT.here(minimum=0),
        SALES_AMOUNT.here("Empty in a shop without prices."),
        Column(
            name="value_squares",
            type="DOUBLE",
            description=(
                "Sum over orders of the square of the order's value in this member; value is the sales amount, units "
                "in a shop without prices. For intervals of shares."
            ),
            unit="value squared",
            minimum=0,
        ),
        Column(
            name="value_products",
            type="DOUBLE",
            description="Sum over orders of the order's value in this member times the whole order's value.",
            unit="value squared",
            minimum=0,
        ),
        Column(name="month_on", type="DATE", description="The first day of the month."),
    ),
    questions=(
        Question(
            text="What did each country bring per month?",
            sql=(
                "SELECT month_on, member AS country, sales_amount, order_count FROM features.market_months "
                "WHERE dimension = 'country' AND is_complete ORDER BY month_on DESC, sales_amount DESC LIMIT 20"
            ),
        ),
    ),
    inputs=("features.month_parts", "features.known_orders"),
)
