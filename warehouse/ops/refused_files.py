"""The contract of ops.refused_files."""

from warehouse.contracts import RUN_ID, Column, Question, Table
from warehouse.fields import SOURCE

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
        Column(name="path", type="VARCHAR", description="The file's whole path on the machine that read it."),
        Column(name="file", type="VARCHAR", description="The file, under the folder of the source's path."),
        Column(name="reason", type="VARCHAR", description="What is wrong, and what to do."),
        Column(name="file_bytes", type="BIGINT", description="The file's size.", unit="bytes", minimum=0),
        Column(
            name="modified_nanoseconds",
            type="BIGINT",
            description="When the file was changed last, as its file system says.",
            unit="nanoseconds since 1970, UTC",
        ),
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
