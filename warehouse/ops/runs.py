"""The contract of ops.runs."""

from warehouse.contracts import AS_OF, RUN_ID, Column, Question, Table

TABLE = Table(
    schema="ops",
    name="runs",
    grain="one row per run",
    description="What each run did and which snapshot of the warehouse holds its answers.",
    key=("run_id",),
    columns=(
        RUN_ID,
        Column(
            name="status",
            type="VARCHAR",
            description=(
                "started: it goes on; published: every family's answers stand; partly_published: some family failed "
                "and keeps its last good tables; unchanged: nothing new came in, the last answers stand; failed: "
                "nothing was published; crashed: it ended without a word, as when it is killed or the power fails, and "
                "published nothing."
            ),
            allowed=("started", "published", "partly_published", "unchanged", "failed", "crashed"),
        ),
        Column(name="message", type="VARCHAR", description="What happened, in words."),
        Column(name="fingerprint", type="VARCHAR", description="Hash of the data, the settings and the version."),
        Column(name="version", type="VARCHAR", description="Tillflow's version."),
        Column(name="settings", type="VARCHAR", description="The settings used, as JSON, without passwords."),
        Column(
            name="snapshot_id",
            type="BIGINT",
            description="The DuckLake snapshot with the answers it published: AT (VERSION => snapshot_id).",
            nullable=True,
        ),
        Column(name="rows_read", type="BIGINT", description="Rows read by this run.", unit="rows", minimum=0),
        Column(name="started_at", type="TIMESTAMP", description="When it began.", unit="UTC"),
        Column(
            name="ended_at",
            type="TIMESTAMP",
            description="When it ended; empty while it goes on, and where nobody saw its end.",
            unit="UTC",
            nullable=True,
        ),
        AS_OF.here(nullable=True),
    ),
    questions=(
        Question(
            text="How did the last runs end?",
            sql="SELECT run_id, as_of, status, message, ended_at FROM ops.runs ORDER BY started_at DESC LIMIT 10",
        ),
    ),
    append=True,
)
