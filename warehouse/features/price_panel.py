"""The contract of features.price_panel."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import PRODUCT_ID, UNIT_COUNT

TABLE = Table(
    schema="features",
    name="price_panel",
    grain="one row per product and complete week from its first to its last with a sale",
    description=(
        "Units and price per week of the best-selling products whose price really varied, for price elasticity. "
        "`[models.drivers]` sets how many products, how many weeks each needs and what counts as varied. "
        "Weeks without a sale are kept, with 0 units: their price is not known."
    ),
    key=("product_id", "week_on"),
    columns=(
        PRODUCT_ID.here(references="core.products.product_id"),
        Column(
            name="is_holdout",
            type="BOOLEAN",
            description="The week begins in the last holdout_days before as_of, which models are judged on.",
        ),
        Column(name="category", type="VARCHAR", description="As in core.products.", nullable=True),
        UNIT_COUNT.here("In the week.", minimum=0),
        Column(name="line_count", type="BIGINT", description="Lines with a price.", unit="lines", minimum=0),
        Column(
            name="unit_price",
            type="DOUBLE",
            description=(
                "The price that most lines have, as in features.price_weeks; empty in weeks without "
                "a sale and in those in "
                "which only quantities far above the usual were sold, whose price may hold a discount."
            ),
            nullable=True,
            unit="shop currency",
            minimum=0,
        ),
        Column(name="week_on", type="DATE", description="The Monday that the week begins with."),
    ),
    questions=(
        Question(
            text="Which products' prices moved most?",
            sql=(
                "SELECT product_id, count(*) AS week_count, min(unit_price) AS lowest, max(unit_price) AS highest "
                "FROM features.price_panel GROUP BY product_id ORDER BY max(unit_price) / min(unit_price) DESC, "
                "product_id LIMIT 10"
            ),
        ),
    ),
    inputs=("features.price_weeks", "features.product_days", "features.product_codes"),
)
