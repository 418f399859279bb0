"""The contract of ops.freshness."""

from warehouse.contracts import AS_OF, FAMILY, RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="freshness",
    grain="one row per result table and family that writes it",
    description="How fresh each result table is; a stale one holds the last good answer of an earlier run.",
    key=("table_name", "family"),
    columns=(
        Column(name="table_name", type="VARCHAR", description="The result table."),
        FAMILY.here("It writes the table."),
        RUN_ID.here("Its answer is what the table holds.", nullable=True),
        Column(name="is_stale", type="BOOLEAN", description="The last run should have renewed it and did not."),
        Column(name="reason", type="VARCHAR", description="Why it is stale or empty.", nullable=True),
        Column(name="row_count", type="BIGINT", description="Rows it holds of that family.", unit="rows", minimum=0),
        Column(name="published_at", type="TIMESTAMP", description="When it was renewed.", unit="UTC", nullable=True),
        AS_OF.here(nullable=True),
    ),
    questions=(
        Question(
            text="Which result tables are stale, and why?",
            empty_when_well=True,
            sql="SELECT table_name, family, as_of, reason FROM ops.freshness WHERE is_stale ORDER BY ALL",
        ),
    ),
)
