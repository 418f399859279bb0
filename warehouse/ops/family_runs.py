"""The contract of ops.family_runs."""

from warehouse.contracts import FAMILY, RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="family_runs",
    grain="one row per run and model family",
    description="How each family fared in each run: published, skipped or failed, and why.",
    key=("run_id", "family"),
    columns=(
        RUN_ID,
        FAMILY,
        Column(
            name="status",
            type="VARCHAR",
            description=(
                "published: its tables are new; skipped: the shop lacks what it needs; failed: it broke, and its "
                "last good tables stand; rejected: its results broke their contract and were not published; standing: "
                "it was not due or not asked for, its answers of an earlier run stand."
            ),
            allowed=("published", "skipped", "failed", "rejected", "standing"),
        ),
        Column(
            name="reason",
            type="VARCHAR",
            description=(
                "Why it was skipped, failed or rejected, or why its answers stand; of a published one, what to know of "
                "how it answered."
            ),
            nullable=True,
        ),
        Column(name="parameters", type="VARCHAR", description="Its parameters, as JSON."),
        Column(name="row_count", type="BIGINT", description="Rows written.", unit="rows", minimum=0),
        Column(name="seconds", type="DOUBLE", description="How long it took.", unit="seconds", minimum=0),
        Column(name="peak_bytes", type="BIGINT", description="Its process's peak memory.", unit="bytes", minimum=0),
        Column(name="ended_at", type="TIMESTAMP", description="When it ended.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which families did not publish in the last run, and why?",
            empty_when_well=True,
            sql=(
                "SELECT family, status, reason FROM ops.family_runs WHERE status NOT IN ('published', 'standing') "
                "AND run_id = (SELECT arg_max(run_id, ended_at) FROM ops.family_runs) ORDER BY family"
            ),
        ),
    ),
    append=True,
)
