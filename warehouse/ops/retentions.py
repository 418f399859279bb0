"""The contract of ops.retentions."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="ops",
    name="retentions",
    grain="one row per retention, setting and table of which something went",
    description=(
        "The receipts of tillflow retain: what went by which setting of [privacy.retention], of all snapshots "
        "together, and when. A setting by which nothing had to go has a row as well. Persons have their own receipts "
        "in ops.erasures."
    ),
    key=("retention_id", "setting", "table_name"),
    columns=(
        Column(name="retention_id", type="VARCHAR", description="The retention, by the command or run that began it."),
        Column(name="setting", type="VARCHAR", description="The key in [privacy.retention], such as raw_days."),
        Column(
            name="table_name",
            type="VARCHAR",
            description=(
                "The table, as schema.table; snapshots: the lake's own list of them; none: nothing had to go."
            ),
        ),
        Column(
            name="rows_removed",
            type="BIGINT",
            description=(
                "Rows that are gone; snapshots of 'snapshots', persons of core.customers, loads of ops.loads, and of "
                "ops.quarantine rows that were discarded."
            ),
            unit="rows",
            minimum=0,
        ),
        Column(
            name="files_removed",
            type="BIGINT",
            description="Parquet files that nothing took the place of.",
            unit="files",
            minimum=0,
        ),
        Column(
            name="bytes_removed",
            type="BIGINT",
            description="By how much its Parquet files became less.",
            unit="bytes",
        ),
        Column(
            name="kept_from_on",
            type="DATE",
            description="The first day, UTC, of which things were kept; empty where no day decides.",
            nullable=True,
        ),
        Column(name="began_at", type="TIMESTAMP", description="When the retention began.", unit="UTC"),
        Column(
            name="ended_at",
            type="TIMESTAMP",
            description="When all of it was gone; empty for one that was cut short.",
            unit="UTC",
            nullable=True,
        ),
    ),
    questions=(
        Question(
            text="What went after its time, and when?",
            sql=(
                "SELECT ended_at, setting, table_name, kept_from_on, rows_removed, bytes_removed "
                "FROM ops.retentions WHERE table_name <> 'none' ORDER BY began_at, setting, table_name"
            ),
            empty_when_well=True,
        ),
    ),
    append=True,
)
