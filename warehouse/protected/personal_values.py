"""The contract of protected.personal_values."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import KEY_ID, LOAD_ID, PSEUDONYM, SOURCE
from warehouse.kinds import Kind

TABLE = Table(
    schema="protected",
    name="personal_values",
    grain="one row per personal value, wherever it stands",
    description=(
        "Every personal value once, encrypted by a key that is not in the warehouse. Elsewhere stands its pseudonym, "
        "the same for the same text, so that tables can be joined by it."
    ),
    key=("pseudonym",),
    columns=(
        PSEUDONYM,
        Column(
            name="kind",
            type="VARCHAR",
            description="What it was taken for where it came first.",
            allowed=tuple(Kind),
        ),
        SOURCE.here("It brought the value first; a table, for what was loaded before the warehouse had a key."),
        LOAD_ID.here("It brought the value first; empty for the names of files.", nullable=True),
        KEY_ID.here("It encrypts the value."),
        Column(
            name="ciphertext",
            type="BLOB",
            description=(
                "A nonce of 12 bytes, and the value as UTF-8 by AES-256-GCM, which is bound to the pseudonym."
            ),
        ),
    ),
    questions=(
        Question(
            text="What kinds of personal values did each source bring?",
            sql=(
                "SELECT source, kind, count(*) AS value_count FROM protected.personal_values "
                "GROUP BY source, kind ORDER BY source, kind"
            ),
        ),
    ),
    append=True,
)
