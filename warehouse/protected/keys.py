"""The contract of protected.keys."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import KEY_ID

TABLE = Table(
    schema="protected",
    name="keys",
    grain="one row per key that the warehouse's personal values were protected by",
    description="Which key belongs to the warehouse; the keys themselves are kept elsewhere.",
    key=("key_id",),
    columns=(
        KEY_ID,
        Column(name="is_current", type="BOOLEAN", description="New values are protected by it."),
        Column(name="known_since_at", type="TIMESTAMP", description="When the warehouse met it first.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which key is needed to read the personal values?",
            sql="SELECT key_id, known_since_at FROM protected.keys WHERE is_current",
            empty_when_well=True,
        ),
    ),
    append=True,
)
