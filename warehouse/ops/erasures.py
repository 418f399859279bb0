"""The contract of ops.erasures."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="ops",
    name="erasures",
    grain="one row per erasure and table that held the persons",
    description=(
        "The receipts of tillflow erase: what was erased, where and when, of all snapshots. Who was erased is told by "
        "keyed hashes only. The two sums of hashes are of the rows that stay: equal, they say that nothing else has "
        "changed."
    ),
    key=("erasure_id", "table_name"),
    columns=(
        Column(name="erasure_id", type="VARCHAR", description="The erasure, by the command that began it."),
        Column(name="customer_hashes", type="VARCHAR[]", description="The customers' ids, as in ops.erased_ids."),
        Column(name="table_name", type="VARCHAR", description="The table, as schema.table; catalog: its statistics."),
        Column(
            name="rows_removed",
            type="BIGINT",
            description="Rows that are gone, of all snapshots together.",
            unit="rows",
            minimum=0,
        ),
        Column(
            name="rows_anonymous",
            type="BIGINT",
            description="Rows that stay without what tells the person.",
            unit="rows",
            minimum=0,
        ),
        Column(
            name="files_rewritten",
            type="BIGINT",
            description="Parquet files that were written anew.",
            unit="files",
            minimum=0,
        ),
        Column(
            name="hash_before",
            type="VARCHAR",
            description="Sum of the hashes of the rows that stay, as they were to be.",
        ),
        Column(name="hash_after", type="VARCHAR", description="The same sum, of the rows that were written."),
        Column(name="began_at", type="TIMESTAMP", description="When the erasure began.", unit="UTC"),
        Column(
            name="ended_at",
            type="TIMESTAMP",
            description="When the last look found nothing more; empty for one that was cut short.",
            unit="UTC",
            nullable=True,
        ),
    ),
    questions=(
        Question(
            text="What was erased, and when?",
            sql=(
                "SELECT erasure_id, table_name, rows_removed, rows_anonymous, files_rewritten, ended_at "
                "FROM ops.erasures ORDER BY began_at, table_name"
            ),
            empty_when_well=True,
        ),
    ),
    append=True,
)
