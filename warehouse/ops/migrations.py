"""The contract of ops.migrations."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="ops",
    name="migrations",
    grain="one row per change of the warehouse's tables",
    description=(
        "Which version of Tillflow made or altered the tables, and how. The last row says what form they have now; "
        "time travel reads them as they were before."
    ),
    key=("migration_number",),
    columns=(
        Column(name="version", type="VARCHAR", description="The version of Tillflow that made the change."),
        Column(
            name="contracts_hash",
            type="VARCHAR",
            description="Hash of the contracts that the tables have kept to since.",
        ),
        Column(name="changes", type="VARCHAR[]", description="What was changed, in words."),
        Column(
            name="table_keys",
            type="VARCHAR",
            description="The key of each table as JSON; the catalog itself keeps none.",
        ),
        Column(name="migration_number", type="BIGINT", description="The changes in their order, from 1.", minimum=1),
        Column(name="migrated_at", type="TIMESTAMP", description="When the change was made.", unit="UTC"),
    ),
    questions=(
        Question(
            text="How have the tables changed since they were made, and with which version of Tillflow?",
            sql=(
                "SELECT migration_number, version, migrated_at, unnest(changes) AS change "
                "FROM ops.migrations ORDER BY migration_number"
            ),
        ),
    ),
    append=True,
)
