"""The contract of features.product_codes."""

from warehouse.contracts import Column, Table
from warehouse.fields import CATEGORY_CODE, PRODUCT_CODE, PRODUCT_ID

TABLE = Table(
    schema="features",
    name="product_codes",
    grain="one row per product sold by as_of",
    description="The numbers of the products: counted from 0, by the day of their first sale.",
    key=("product_code",),
    columns=(
        PRODUCT_CODE,
        PRODUCT_ID,
        Column(name="is_product", type="BOOLEAN", description="As in core.products."),
        Column(name="category", type="VARCHAR", description="As in core.products.", nullable=True),
        CATEGORY_CODE.here("In the order of the categories."),
    ),
    inputs=("core.order_lines", "core.products"),
)
