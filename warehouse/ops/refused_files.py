"""The contract of ops.refused_files."""

from warehouse.contracts import RUN_ID, Column, Question, Table
from warehouse.fields import FILE, FILE_BYTES, MODIFIED_NANOSECONDS, PATH, SOURCE

TABLE = Table(
    schema="ops",
    name="refused_files",
    grain="one row per file of a source that is set aside",
    description=(
        "Files that are broken, and of which nothing was loaded: empty, cut off, binary, in another encoding, or "
        "without a needed column. The next run looks at them again; one that is mended or removed is forgotten here."
    ),
    key=("source", "path"),
    columns=(
        SOURCE,
        PATH,
        FILE,
        Column(name="reason", type="VARCHAR", description="What is wrong, and what to do."),
        FILE_BYTES,
        MODIFIED_NANOSECONDS,
        RUN_ID.here("It told of the file first, see ops.runs."),
        Column(name="refused_at", type="TIMESTAMP", description="When that was.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which files are missing in the answers?",
            sql="SELECT source, file, reason, refused_at FROM ops.refused_files ORDER BY source, file",
            empty_when_well=True,
        ),
    ),
    append=True,
)
