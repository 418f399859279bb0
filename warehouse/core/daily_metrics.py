"""The contract of core.daily_metrics."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import GROSS_AMOUNT, METRIC_ON, SALES_AMOUNT


def _count(name: str, description: str, unit: str) -> Column:
    return Column(name=name, type="BIGINT", description=description, unit=unit, minimum=0)


TABLE = Table(
    schema="core",
    name="daily_metrics",
    grain="one row per calendar day from the first order to the last, days without orders included",
    description=(
        "The shop's day: sales, returns, orders, customers, visits. An order counts on its first day; units and "
        "amounts count on the day of their line. Sales are net: what was returned or cancelled later is taken off the "
        "day on which it was sold, as far as that is known (core.undone_sales), so that a day's sales may still "
        "shrink; an order of which nothing stays sold counts nowhere. Gross sales, and returns on the day when they "
        "came back, stand beside them. Over all days sales_amount adds up to gross_amount less what the returns whose "
        "sale is known have undone, at the sale's price; net_amount to gross_amount less all returns."
    ),
    key=("metric_on",),
    columns=(
        _count("order_count", "Orders that began on the day and of which something stays sold.", "orders"),
        _count(
            "return_count",
            "Orders with a line returned on the day; what was cancelled within `returns.cancelled_hours` is none.",
            "orders",
        ),
        _count("customer_count", "Distinct known customers of these orders.", "customers"),
        _count("new_customer_count", "Known customers whose first such order it was.", "customers"),
        _count("line_count", "Sale lines of which something stays sold.", "lines"),
        _count("unit_count", "Units sold that stay sold.", "units"),
        _count("session_count", "Visits; 0 where the shop brings no events.", "visits"),
        SALES_AMOUNT.here("Empty before the first line with a price."),
        Column(
            name="returns_amount",
            type="DECIMAL(18,4)",
            description="Sum of the day's return lines, cancellations included, as a positive number.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="net_amount",
            type="DECIMAL(18,4)",
            description="gross_amount - returns_amount: what the day took in less what came back on it.",
            unit="shop currency",
            nullable=True,
        ),
        GROSS_AMOUNT.here("Empty before the first line with a price."),
        METRIC_ON,
    ),
    questions=(
        Question(
            text="What did each month bring?",
            sql=(
                "SELECT date_trunc('month', metric_on) AS month, sum(sales_amount) AS sales_amount, "
                "sum(order_count) AS order_count FROM core.daily_metrics GROUP BY 1 ORDER BY 1"
            ),
        ),
    ),
    inputs=("core.order_lines", "core.orders", "core.undone_sales", "core.events"),
    minimum_rows=1,
)
