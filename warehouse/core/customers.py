"""The contract of core.customers."""

from warehouse.contracts import Column, Origin, Question, Table
from warehouse.fields import CUSTOMER_ID

TABLE = Table(
    schema="core",
    name="customers",
    grain="one row per customer",
    description="Customers from the shop's own list, completed by those who only appear on order lines.",
    key=("customer_id",),
    columns=(
        CUSTOMER_ID.here(origin=Origin.SOURCE),
        Column(
            name="country", type="VARCHAR", origin=Origin.SOURCE, description="Country, the latest seen.", nullable=True
        ),
        Column(
            name="customer_type",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The shop's own kind of customer, such as consumer or business.",
            nullable=True,
        ),
        Column(name="is_derived", type="BOOLEAN", description="Known from order lines only."),
        Column(
            name="signed_up_on",
            type="DATE",
            origin=Origin.SOURCE,
            description="When the customer signed up.",
            nullable=True,
        ),
    ),
    questions=(
        Question(
            text="How many customers does each country have?",
            sql="SELECT country, count(*) AS customer_count FROM core.customers GROUP BY country ORDER BY 2 DESC, 1",
        ),
    ),
    inputs=("raw", "core.order_lines"),
)
