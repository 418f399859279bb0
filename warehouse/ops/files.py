"""The contract of ops.files."""

from warehouse.contracts import Column, Question, Table
from warehouse.fields import FILE_BYTES, LOAD_ID, MODIFIED_NANOSECONDS, PATH, SOURCE

TABLE = Table(
    schema="ops",
    name="files",
    grain="one row per file of a source that was read to its end",
    description=(
        "What is known of each file by its path, size and time of change, so that a run reads only files that are new "
        "or have changed. The same content may lie in several files."
    ),
    key=("source", "path"),
    columns=(
        SOURCE,
        PATH,
        LOAD_ID.here("See ops.loads."),
        Column(name="is_ended", type="BOOLEAN", description="Its last line has an end."),
        FILE_BYTES,
        MODIFIED_NANOSECONDS,
        Column(
            name="read_nanoseconds",
            type="BIGINT",
            description="When it was read; a file changed within two seconds before is read again by the next run.",
            unit="nanoseconds since 1970, UTC",
        ),
    ),
    questions=(
        Question(
            text="Which contents lie in more than one file?",
            sql=(
                "SELECT source, load_id, list(path ORDER BY path) AS paths FROM ops.files "
                "GROUP BY source, load_id HAVING count(*) > 1 ORDER BY source, load_id"
            ),
            empty_when_well=True,
        ),
    ),
    append=True,
)
