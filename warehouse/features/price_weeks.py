"""The contract of features.price_weeks."""

from warehouse.contracts import Column, Table
from warehouse.fields import PRODUCT_CODE, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="price_weeks",
    grain="one row per product and week with a sale at a price",
    description="Units and price of each product in each week: what price_panel is cut from.",
    key=("product_code", "week_on"),
    columns=(
        PRODUCT_CODE.here("As in features.product_codes."),
        UNIT_COUNT.here(minimum=1),
        Column(name="line_count", type="BIGINT", description="Lines with a price.", unit="lines", minimum=1),
        Column(
            name="price_quantity",
            type="BIGINT",
            description="The smallest quantity that was sold at unit_price.",
            unit="units",
        ),
        Column(
            name="unit_price",
            type="DOUBLE",
            description=(
                "The price that most lines have; of several, that of the smallest quantity, then the highest, so that "
                "discounts for quantity stay apart."
            ),
            unit="shop currency",
        ),
        Column(name="week_on", type="DATE", description="The Monday that the week begins with."),
    ),
    inputs=("features.sales",),
    renewed_by="week_on",
)
