"""The contract of results.similar_products."""

from models.recommendations.candidates import CONTENT, ITEM_COSINE
from warehouse.contracts import Check, Column, Question, result_table
from warehouse.fields import PRODUCT_ID

TABLE = result_table(
    name="similar_products",
    grain="one row per product and place in its list of similar products",
    description=(
        "Products to show beside a product: first those bought by the same customers, then, where these are too few, "
        "those with a like text."
    ),
    key=("product_id", "similarity_rank"),
    columns=(
        PRODUCT_ID.here(references="core.products.product_id"),
        Column(
            name="similar_product_id",
            type="VARCHAR",
            description="The product like it.",
            references="core.products.product_id",
        ),
        Column(name="product_name", type="VARCHAR", description="The product's name."),
        Column(name="similar_product_name", type="VARCHAR", description="The similar product's name."),
        Column(
            name="method",
            type="VARCHAR",
            description=f"{ITEM_COSINE}: bought by the same customers; {CONTENT}: like texts.",
            allowed=(ITEM_COSINE, CONTENT),
        ),
        Column(name="reason", type="VARCHAR", description="Why, in a sentence."),
        Column(name="similarity_rank", type="BIGINT", description="1 is the most similar.", minimum=1),
        Column(
            name="similarity",
            type="DOUBLE",
            description="Cosine, shrunk where few customers bought; comparable within a method only.",
            minimum=0,
            maximum=1,
        ),
    ),
    checks=(
        Check(
            name="similar_to_itself",
            violation="product_id = similar_product_id",
            meaning="a product is listed as similar to itself",
            advice="report it as a defect of models/recommendations",
        ),
    ),
    questions=(
        Question(
            text="What should stand beside a product on its page?",
            sql=(
                "SELECT product_name, similar_product_name, reason FROM results.similar_products "
                "WHERE similarity_rank <= 3 ORDER BY product_id, similarity_rank LIMIT 30"
            ),
        ),
    ),
)
