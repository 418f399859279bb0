"""The contract of ops.lineage."""

from warehouse.contracts import RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="lineage",
    grain="one row per run, table and table it was made from",
    description="Which table each run made from which, and at which snapshot the inputs were read.",
    key=("run_id", "table_name", "input_name"),
    columns=(
        RUN_ID,
        Column(name="table_name", type="VARCHAR", description="The table made."),
        Column(name="input_name", type="VARCHAR", description="A table or file set that it was made from."),
        Column(name="made_by", type="VARCHAR", description="The step or family that made it."),
        Column(name="input_snapshot_id", type="BIGINT", description="The snapshot that was read.", nullable=True),
    ),
    questions=(
        Question(
            text="What is each result table made from?",
            sql=(
                "SELECT table_name, list(DISTINCT input_name ORDER BY input_name) AS inputs FROM ops.lineage "
                "WHERE table_name LIKE 'results.%' GROUP BY table_name ORDER BY table_name"
            ),
        ),
    ),
    append=True,
)
