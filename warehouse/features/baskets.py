"""The contract of features.baskets."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import ORDER_CODE, PRODUCT_CODE

TABLE = Table(
    schema="features",
    name="baskets",
    grain="one row per order and product",
    description=(
        "What was bought together, in codes: orders with at least two products, and of these the products that reach "
        "the smallest support set for basket_rules in all orders, or in those of the training period. "
        "Divide by features.evaluation_periods.order_count for supports: orders left out here count there."
    ),
    key=("order_code", "product_code"),
    columns=(
        ORDER_CODE.here("Counted in this table.", minimum=0),
        PRODUCT_CODE.here(references="features.sold_products.product_code", minimum=0),
        Column(name="is_holdout", type="BOOLEAN", description="The order falls in the holdout period."),
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
    inputs=("features.purchases", "features.known_orders", "features.sold_products", "features.evaluation_periods"),
)
