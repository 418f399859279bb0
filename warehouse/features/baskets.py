"""The contract of features.baskets."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import ORDER_CODE, PRODUCT_CODE

TABLE = Table(
    schema="features",
    name="baskets",
    grain="one row per order and product",
    description=(
        "What was bought together, in codes: orders with at least two products. "
        "Divide by features.evaluation_periods.order_count for supports: orders left out here count there."
    ),
    key=("order_code", "product_code"),
    columns=(
        ORDER_CODE.here("Counted in this table, day by day.", minimum=0),
        PRODUCT_CODE.here(references="features.sold_products.product_code", minimum=0),
        Column(name="placed_on", type="DATE", description="The first day of the order."),
    ),
    questions=(
        Question(
            text="Which products were most often bought together?",
            sql=(
                "SELECT one.name AS product, other.name AS other_product, count(*) AS order_count "
                "FROM features.baskets AS first JOIN features.baskets AS second USING (order_code) "
                "JOIN features.sold_products AS one ON one.product_code = first.product_code "
                "JOIN features.sold_products AS other ON other.product_code = second.product_code "
                "WHERE first.product_code < second.product_code GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 10"
            ),
        ),
    ),
    # What its product codes refer to is built with it.
    inputs=("features.purchases", "features.known_orders", "features.basket_days", "features.sold_products"),
    renewed_by="placed_on",
)
