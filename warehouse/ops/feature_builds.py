"""The contract of ops.feature_builds."""

from warehouse.contracts import AS_OF, RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="feature_builds",
    grain="one row per feature table, and one for core.undone_sales",
    description=(
        "What each feature table was built from. A later run renews only what has changed since; it builds all again "
        "where the mark differs: other settings, contracts, SQL or another version of Tillflow. The mark of "
        "core.undone_sales is the rule that pairs returns with sales, as `[returns]` sets it."
    ),
    key=("table_name",),
    columns=(
        Column(name="table_name", type="VARCHAR", description="schema.table."),
        RUN_ID.here("It built the table, see ops.runs."),
        Column(name="read_snapshot", type="BIGINT", description="The lake's snapshot that was read."),
        Column(
            name="mark",
            type="VARCHAR",
            description="What shapes the table beside the rows it is made from: a hash, or the rule.",
        ),
        AS_OF,
    ),
    questions=(
        Question(
            text="Which feature tables are of which day?",
            sql="SELECT as_of, table_name FROM ops.feature_builds ORDER BY as_of, table_name",
        ),
    ),
)
