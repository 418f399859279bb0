"""The contract of features.demand_series."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import SALES_AMOUNT, SERIES_ID, UNIT_COUNT

LEVELS = ("total", "category", "product")

TABLE = Table(
    schema="features",
    name="demand_series",
    grain="one row per level, series and calendar day from the series' first sale to the shop's last day",
    description=(
        "Daily demand of the shop as a whole, of its largest categories and of its largest products; days without a "
        "sale are rows of zeros. Largest means by sales in the last days before as_of, see the settings "
        "category_count, product_count and ranking_days of demand_forecast. What was returned or "
        "cancelled by as_of is taken off the day on which it was sold (core.undone_sales); of the latest days some may "
        "still come back."
    ),
    key=("level", "series_id", "demand_on"),
    columns=(
        SERIES_ID,
        Column(name="level", type="VARCHAR", description="What the series adds up.", allowed=LEVELS),
        Column(name="series_name", type="VARCHAR", description="The series' name for people."),
        UNIT_COUNT.here(minimum=0),
        Column(name="order_count", type="BIGINT", description="Orders with a sale.", unit="orders", minimum=0),
        SALES_AMOUNT.here("Empty on every day of a shop without prices.", minimum=0),
        Column(name="demand_on", type="DATE", description="The calendar day in the shop's time zone."),
    ),
    questions=(
        Question(
            text="Which products sold most in the last four weeks of the data?",
            sql=(
                "SELECT series_name, sum(unit_count) AS unit_count FROM features.demand_series "
                "WHERE level = 'product' AND demand_on > (SELECT max(demand_on) - 28 FROM features.demand_series) "
                "GROUP BY series_id, series_name ORDER BY unit_count DESC, series_name LIMIT 10"
            ),
        ),
    ),
    inputs=(
        "features.product_days",
        "features.category_days",
        "features.product_codes",
        "features.daily_metrics",
        "core.products",
    ),
)
