"""The contract of features.interactions."""

from warehouse.contracts import Check, Column, Parts, Question, Table
from warehouse.fields import CUSTOMER_CODE, PRODUCT_CODE, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="interactions",
    grain="one row per customer and product bought",
    description=(
        "Who bought what, how often and when, in codes. Counts of the training period stand beside those of the whole, "
        "so that a model can learn from the first and be judged by the difference."
    ),
    key=("customer_code", "product_code"),
    columns=(
        CUSTOMER_CODE.here(references="features.buyers.customer_code", minimum=0),
        PRODUCT_CODE.here(references="features.sold_products.product_code", minimum=0),
        Column(
            name="order_count",
            type="INTEGER",
            description="The customer's orders with the product.",
            unit="orders",
            minimum=1,
        ),
        Column(
            name="training_order_count",
            type="INTEGER",
            description="Those of the training period.",
            unit="orders",
            minimum=0,
        ),
        UNIT_COUNT.here("To the customer.", minimum=1),
        Column(name="first_ordered_on", type="DATE", description="The day of the first purchase."),
        Column(name="last_ordered_on", type="DATE", description="The day of the latest purchase."),
        Column(
            name="training_last_ordered_on",
            type="DATE",
            description="The day of the latest purchase in the training period.",
            nullable=True,
        ),
    ),
    checks=(
        Check(
            name="more_in_training_than_in_all",
            violation="training_order_count > order_count",
            meaning="the training period has more orders than all periods",
            advice="rebuild the table; report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="Which products does the same customer buy again?",
            sql=(
                "SELECT name, count(*) FILTER (WHERE order_count > 1) / count(*) AS repeat_share, count(*) "
                "AS customer_count FROM features.interactions JOIN features.sold_products USING (product_code) "
                "GROUP BY name HAVING count(*) >= 20 ORDER BY repeat_share DESC, name LIMIT 10"
            ),
        ),
    ),
    # What its product codes refer to is built with it.
    inputs=("features.purchases", "features.sold_products", "features.evaluation_periods"),
    parts=Parts.BUCKETS,
    renewed_by="customer_code",
)
