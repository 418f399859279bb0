"""The contract of features.sold_products."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import PRODUCT_CODE, PRODUCT_ID

TABLE = Table(
    schema="features",
    name="sold_products",
    grain="one row per product sold by the day answered for, also if all of it was sent back",
    description=(
        "What basket_rules and recommendations know of a product: its code (counted from 0, by the day of the first "
        "sale), its text, and how often it was bought, and kept, in the training and the holdout period."
    ),
    key=("product_code",),
    columns=(
        PRODUCT_CODE.here(minimum=0),
        PRODUCT_ID.here(references="core.products.product_id"),
        Column(name="name", type="VARCHAR", description="The product's name; its id where it has none."),
        Column(
            name="text",
            type="VARCHAR",
            description="Name, description and category path in one text; empty where the shop has none.",
        ),
        Column(
            name="list_price",
            type="DECIMAL(18,4)",
            description="The catalogue price.",
            unit="shop currency",
            nullable=True,
        ),
        Column(
            name="training_order_count",
            type="BIGINT",
            description="Orders with the product in the training period.",
            unit="orders",
            minimum=0,
        ),
        Column(
            name="holdout_order_count",
            type="BIGINT",
            description="Orders with the product in the holdout period.",
            unit="orders",
            minimum=0,
        ),
        Column(
            name="recent_order_count",
            type="BIGINT",
            description="Orders with the product in the last `holdout_days` days of sales.",
            unit="orders",
            minimum=0,
        ),
        Column(
            name="training_recent_order_count",
            type="BIGINT",
            description="Orders with the product in the last `holdout_days` days of the training period.",
            unit="orders",
            minimum=0,
        ),
    ),
    questions=(
        Question(
            text="Which products were bought most lately?",
            sql=(
                "SELECT product_id, name, recent_order_count FROM features.sold_products "
                "ORDER BY recent_order_count DESC, product_id LIMIT 10"
            ),
        ),
    ),
    inputs=("features.product_orders", "features.product_codes", "core.products", "features.evaluation_periods"),
)
