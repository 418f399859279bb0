"""The contract of ops.freshness."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="ops",
    name="freshness",
    grain="one row per result table and family that writes it",
    description="How fresh each result table is; a stale one holds the last good answer of an earlier run.",
    key=("table_name", "family"),
    columns=(
        Column(name="table_name", type="VARCHAR", description="The result table."),
        Column(name="family", type="VARCHAR", description="The family that writes it."),
        Column(name="run_id", type="VARCHAR", description="The run whose answer it holds.", nullable=True),
        Column(name="is_stale", type="BOOLEAN", description="The last run should have renewed it and did not."),
        Column(name="reason", type="VARCHAR", description="Why it is stale or empty.", nullable=True),
        Column(name="row_count", type="BIGINT", description="Rows it holds of that family.", unit="rows", minimum=0),
        Column(name="published_at", type="TIMESTAMP", description="When it was renewed.", unit="UTC", nullable=True),
        Column(name="as_of", type="DATE", description="The day its answer is for.", nullable=True),
    ),
    questions=(
        Question(
            text="Which result tables are stale, and why?",
            empty_when_well=True,
            sql="SELECT table_name, family, as_of, reason FROM ops.freshness WHERE is_stale ORDER BY ALL",
        ),
    ),
)
