"""The contract of ops.personal_columns."""

from warehouse.contracts import RUN_ID, Column, Question, Table
from warehouse.fields import SOURCE
from warehouse.kinds import Kind

TABLE = Table(
    schema="ops",
    name="personal_columns",
    grain="one row per column of a source that is or looks personal",
    description="The columns of the sources' files that were found to be personal, and what becomes of their values.",
    key=("source", "column_name"),
    columns=(
        SOURCE,
        Column(name="column_name", type="VARCHAR", description="The column, as the source names it."),
        Column(name="kind", type="VARCHAR", description="What it is or looks like.", allowed=tuple(Kind)),
        Column(
            name="found_by",
            type="VARCHAR",
            description="What says so: the settings or a contract, the column's name, or its values.",
            allowed=("declared", "name", "values"),
        ),
        Column(
            name="treatment",
            type="VARCHAR",
            description="Values are kept encrypted, with pseudonyms in raw, or are not kept.",
            allowed=("protect", "drop"),
        ),
        RUN_ID.here("It found the column first, see ops.runs."),
        Column(name="found_at", type="TIMESTAMP", description="When that was.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which columns look personal, though nobody declared them?",
            sql=(
                "SELECT source, column_name, kind, found_by, treatment FROM ops.personal_columns "
                "WHERE found_by <> 'declared' ORDER BY source, column_name"
            ),
            empty_when_well=True,
        ),
    ),
    append=True,
)
