"""The contract of core.daily_metrics."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import METRIC_ON, SALES_AMOUNT


def _count(name: str, description: str, unit: str) -> Column:
    return Column(name=name, type="BIGINT", description=description, unit=unit, minimum=0)


TABLE = Table(
    schema="core",
    name="daily_metrics",
    grain="one row per calendar day from the first order to the last, days without orders included",
    description=(
        "The shop's day: sales, returns, orders, customers, visits. An order counts on its first day; units and "
        "amounts count on the day of their line, so that what was sent back later stands on the day it came back."
    ),
    key=("metric_on",),
    columns=(
        _count("order_count", "Orders with a sale that began on the day.", "orders"),
        _count("return_count", "Orders with a line returned on the day.", "orders"),
        _count("customer_count", "Distinct known customers who bought.", "customers"),
        _count("new_customer_count", "Known customers who bought for the first time.", "customers"),
        _count("line_count", "Sale lines.", "lines"),
        _count("unit_count", "Units sold.", "units"),
        _count("session_count", "Visits; 0 where the shop brings no events.", "visits"),
        SALES_AMOUNT.here("Empty before the first line with a price."),
        Column(
            name="returns_amount",
            type="DECIMAL(18,4)",
            description="Sum of the return lines, as a positive number.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="net_amount",
            type="DECIMAL(18,4)",
            description="sales_amount - returns_amount.",
            unit="shop currency",
            nullable=True,
        ),
        METRIC_ON,
    ),
    questions=(
        Question(
            text="What did each month bring?",
            sql=(
                "SELECT date_trunc('month', metric_on) AS month, sum(net_amount) AS net_amount, "
                "sum(order_count) AS order_count FROM core.daily_metrics GROUP BY 1 ORDER BY 1"
            ),
        ),
    ),
    inputs=("core.order_lines", "core.orders", "core.events"),
    minimum_rows=1,
)
