"""The contract of ops.erased_ids."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="ops",
    name="erased_ids",
    grain="one row per erased customer, and per order of one",
    description=(
        "By what an erased person is known again when their rows are sent once more: not the id, but its HMAC-SHA256 "
        "under the warehouse's key. Such rows are not kept; of order lines an anonymous sale is, by setting."
    ),
    key=("id_hash",),
    columns=(
        Column(name="id_hash", type="VARCHAR", description="The id's keyed hash, in hexadecimal."),
        Column(name="kind", type="VARCHAR", description="Whose id it is.", allowed=("customer", "order")),
        Column(name="erased_at", type="TIMESTAMP", description="When it was erased first.", unit="UTC"),
    ),
    questions=(
        Question(
            text="How many people were erased?",
            sql="SELECT count(*) AS customer_count FROM ops.erased_ids WHERE kind = 'customer'",
        ),
    ),
    append=True,
)
