"""The contract of ops.validation_results."""

from warehouse.contracts import RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="validation_results",
    grain="one row per run, gate, table and check",
    description=(
        "What every quality check found. A `warn` check is recorded only; a `fail` check that failed or could not "
        "run (errored) stopped the run before anything was published."
    ),
    key=("run_id", "gate", "table_name", "check_name"),
    columns=(
        RUN_ID.here("It checked, see ops.runs."),
        Column(name="gate", type="VARCHAR", description="The gate the check belongs to, such as core."),
        Column(name="table_name", type="VARCHAR", description="The table checked, as schema.table."),
        Column(name="check_name", type="VARCHAR", description="The rule, in words that stay the same from run to run."),
        Column(
            name="column_name",
            type="VARCHAR",
            description="The column the rule is about; empty for a rule about rows or the table.",
            nullable=True,
        ),
        Column(
            name="severity",
            type="VARCHAR",
            description="Whether a broken rule is recorded (warn) or stops the run (fail).",
            allowed=("warn", "fail"),
        ),
        Column(
            name="status",
            type="VARCHAR",
            description="passed, failed, or errored where the check itself could not run.",
            allowed=("passed", "failed", "errored"),
        ),
        Column(name="observed", type="VARCHAR", description="What was found, or the error's text.", nullable=True),
        Column(name="expected", type="VARCHAR", description="What should have been found."),
        Column(
            name="example",
            type="VARCHAR",
            description="One breaking row as JSON, without texts that may be personal.",
            nullable=True,
        ),
        Column(name="advice", type="VARCHAR", description="What to do when the rule is broken."),
        Column(
            name="rows_checked",
            type="BIGINT",
            description="Rows of the table, or of the batch a rule is about; empty where they could not be counted.",
            unit="rows",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="violation_count",
            type="BIGINT",
            description="Rows that break the rule; empty for a rule about the table as a whole.",
            unit="rows",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="violation_share",
            type="DOUBLE",
            description="violation_count over rows_checked.",
            unit="share",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(name="checked_at", type="TIMESTAMP", description="When the check ran.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which checks did not pass in the last run, and what is to be done?",
            empty_when_well=True,
            sql=(
                "SELECT gate, check_name, severity, status, observed, expected, violation_count, example, advice "
                "FROM ops.validation_results WHERE status <> 'passed' "
                "AND run_id = (SELECT arg_max(run_id, checked_at) FROM ops.validation_results) "
                "ORDER BY severity, gate, check_name"
            ),
        ),
        Question(
            text="Which checks have been failing most often?",
            empty_when_well=True,
            sql=(
                "SELECT check_name, count(*) FILTER (WHERE status <> 'passed') AS broken_count, "
                "count(*) AS run_count FROM ops.validation_results GROUP BY check_name "
                "HAVING broken_count > 0 ORDER BY broken_count DESC, check_name"
            ),
        ),
    ),
    append=True,
)
