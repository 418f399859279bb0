"""The contract of ops.loads."""

from warehouse.contracts import RUN_ID, Check, Column, Question, Table
from warehouse.fields import FILE, FILE_BYTES, LOAD_ID, SOURCE

TABLE = Table(
    schema="ops",
    name="loads",
    grain="one row per file content that came in",
    description=(
        "What was read and where every row went: rows_read = rows_accepted + rows_duplicate + rows_quarantined + "
        "rows_erased once the load is merged, whether raw still keeps them or not. The same content is never loaded "
        "twice."
    ),
    key=("load_id",),
    columns=(
        LOAD_ID,
        SOURCE,
        Column(name="table_name", type="VARCHAR", description="The core table that the rows belong to."),
        FILE,
        Column(name="content_sha256", type="VARCHAR", description="SHA-256 of the file's content."),
        RUN_ID.here("It read the file."),
        Column(
            name="merged_run_id",
            type="VARCHAR",
            description="The run that merged it into core; later than run_id where a gate held it back.",
            nullable=True,
        ),
        Column(
            name="status",
            type="VARCHAR",
            description=(
                "raw: kept as it came, waiting to be merged; merged: its rows are in core or in quarantine; "
                "set_aside: so many of its rows break a rule that something is wrong with the file; it waits in raw "
                "until somebody accepts or discards it, or a corrected file of its name comes; discarded: it stays in "
                "raw only; superseded: the file was sent again before this content passed, and it stays in raw only."
            ),
            allowed=("raw", "merged", "set_aside", "discarded", "superseded"),
        ),
        Column(
            name="reason",
            type="VARCHAR",
            description="Why it is set aside, or was when it was accepted.",
            nullable=True,
        ),
        Column(
            name="is_accepted",
            type="BOOLEAN",
            description="Somebody said that it is to be merged, however many of its rows break a rule.",
            nullable=True,
        ),
        FILE_BYTES,
        Column(name="load_order", type="BIGINT", description="Later loads win over earlier ones.", minimum=1),
        Column(name="rows_read", type="BIGINT", description="Rows in the file.", unit="rows", minimum=0),
        Column(name="rows_accepted", type="BIGINT", description="Rows merged into core.", unit="rows", minimum=0),
        Column(
            name="rows_duplicate",
            type="BIGINT",
            description="Rows that core had already, or that a later row of the same key replaced.",
            unit="rows",
            minimum=0,
        ),
        Column(name="rows_quarantined", type="BIGINT", description="Rows in quarantine.", unit="rows", minimum=0),
        Column(
            name="rows_erased",
            type="BIGINT",
            description="Rows of erased persons that were not kept, or are gone since; empty for none.",
            unit="rows",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="rows_let_go",
            type="BIGINT",
            description=(
                "Rows that raw keeps no more, by the settings of retention; they stay counted as what became of them. "
                "Empty for none."
            ),
            unit="rows",
            nullable=True,
            minimum=0,
        ),
        Column(name="loaded_at", type="TIMESTAMP", description="When the file was read.", unit="UTC"),
    ),
    checks=(
        Check(
            name="rows_are_accounted_for",
            violation=(
                "status = 'merged' AND rows_read <> rows_accepted + rows_duplicate + rows_quarantined "
                "+ coalesce(rows_erased, 0)"
            ),
            meaning="rows of a load went missing",
            advice="report it as a defect; the raw table still holds every row of the load",
        ),
    ),
    questions=(
        Question(
            text="What came in, and where did it go?",
            sql=(
                "SELECT source, count(*) AS files, sum(rows_read) AS rows_read, sum(rows_accepted) AS rows_accepted, "
                "sum(rows_duplicate) AS rows_duplicate, sum(rows_quarantined) AS rows_quarantined "
                "FROM ops.loads GROUP BY source ORDER BY source"
            ),
        ),
    ),
    append=True,
)
