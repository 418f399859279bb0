"""The contract of core.products."""

from warehouse.contracts import Column, Origin, Question, Table
from warehouse.fields import PRODUCT_ID

TABLE = Table(
    schema="core",
    name="products",
    grain="one row per product code",
    description="Products from the shop's catalogue, completed by codes that only appear on order lines.",
    key=("product_id",),
    columns=(
        PRODUCT_ID.here(origin=Origin.SOURCE),
        Column(name="name", type="VARCHAR", origin=Origin.SOURCE, description="The product's name.", nullable=True),
        Column(
            name="description",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The product's text, any language.",
            nullable=True,
        ),
        Column(
            name="category",
            type="VARCHAR",
            origin=Origin.EITHER,
            description="The top category.",
            nullable=True,
        ),
        Column(
            name="category_path",
            type="VARCHAR",
            origin=Origin.SOURCE,
            description="The category tree from the top, parted by ' > '.",
            nullable=True,
        ),
        Column(name="is_product", type="BOOLEAN", description="A product, not a charge, fee or voucher."),
        Column(name="is_derived", type="BOOLEAN", description="Known from order lines only."),
        Column(
            name="list_price",
            type="DECIMAL(18,4)",
            origin=Origin.SOURCE,
            description="The catalogue price; the median paid price where there is no catalogue.",
            unit="shop currency",
            nullable=True,
        ),
    ),
    questions=(
        Question(
            text="How many products does each category have?",
            sql=(
                "SELECT category, count(*) AS product_count FROM core.products "
                "WHERE is_product GROUP BY category ORDER BY 2 DESC, 1"
            ),
        ),
    ),
    inputs=("raw", "core.order_lines"),
)
