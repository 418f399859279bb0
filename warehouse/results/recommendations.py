"""The contract of results.recommendations."""

from models.recommendations.candidates import CANDIDATES
from warehouse.contracts import Column, Question, result_table
from warehouse.fields import CUSTOMER_ID, PRODUCT_ID

TABLE = result_table(
    name="recommendations",
    grain="one row per customer and place in the customer's list",
    description=(
        "What to offer each customer next, best first, by the recommender that foretold later purchases best (see "
        "results.model_metrics). Products bought before are marked and can be left out by a setting."
    ),
    key=("customer_id", "recommendation_rank"),
    columns=(
        CUSTOMER_ID.here(references="core.customers.customer_id"),
        PRODUCT_ID.here("The one recommended.", references="core.products.product_id"),
        Column(name="product_name", type="VARCHAR", description="Its name."),
        Column(
            name="method",
            type="VARCHAR",
            description="The recommender; popularity where it had nothing to say of the customer.",
            allowed=CANDIDATES.names,
        ),
        Column(name="reason", type="VARCHAR", description="Why, in words that can be shown to the customer."),
        Column(name="is_repeat", type="BOOLEAN", description="The customer has bought the product before."),
        Column(name="recommendation_rank", type="BIGINT", description="1 is the best.", minimum=1),
        Column(
            name="score",
            type="DOUBLE",
            description=(
                "Strength within the customer's list: above 0.5 relative to the recommender's best product, "
                "up to 0.5 by popularity. Not comparable between customers."
            ),
            minimum=0,
            maximum=1,
        ),
    ),
    questions=(
        Question(
            text="What should we offer each customer first?",
            sql=(
                "SELECT customer_id, product_name, reason FROM results.recommendations "
                "WHERE recommendation_rank = 1 AND may_contact ORDER BY customer_id LIMIT 20"
            ),
        ),
        Question(
            text="Which products are recommended most to customers who have not bought them yet?",
            sql=(
                "SELECT product_id, product_name, count(*) AS customer_count FROM results.recommendations "
                "WHERE NOT is_repeat GROUP BY ALL ORDER BY customer_count DESC, product_id LIMIT 10"
            ),
        ),
    ),
)
