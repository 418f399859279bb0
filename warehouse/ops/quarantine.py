"""The contract of ops.quarantine."""

from warehouse.contracts import RUN_ID, Column, Personal, Question, Table
from warehouse.fields import FILE, LOAD_ID, SOURCE

TABLE = Table(
    schema="ops",
    name="quarantine",
    grain="one row per quarantined row of a load",
    description=(
        "Rows that broke a rule, with every rule they broke and why; the rows as they came are protected. "
        "They can be replayed once the rule or the settings are mended."
    ),
    key=("load_id", "row_number"),
    columns=(
        LOAD_ID.here("See ops.loads.", references="ops.loads.load_id"),
        SOURCE,
        Column(name="table_name", type="VARCHAR", description="The core table that the row was meant for."),
        FILE,
        RUN_ID.here("It judged the row last."),
        Column(name="rules", type="VARCHAR[]", description="Every rule that the row broke."),
        Column(name="reason", type="VARCHAR", description="Why, in words."),
        Column(
            name="payload",
            type="VARCHAR",
            description=(
                "The pseudonym of the row as it came, which is protected as JSON; empty once it was let go by "
                "privacy.retention.quarantine_days."
            ),
            nullable=True,
            personal=Personal.CONTENT,
        ),
        Column(
            name="status",
            type="VARCHAR",
            description=(
                "open: kept out of core; replayed: judged again and merged; discarded: left out for good, by somebody "
                "or by privacy.retention.quarantine_days."
            ),
            allowed=("open", "replayed", "discarded"),
        ),
        Column(name="row_number", type="BIGINT", description="Data row in the file, from 1.", minimum=1),
        Column(name="quarantined_at", type="TIMESTAMP", description="When it was judged.", unit="UTC"),
    ),
    questions=(
        Question(
            text="Which rules keep rows out?",
            sql=(
                "SELECT source, rule, count(*) AS row_count "
                "FROM (SELECT source, unnest(rules) AS rule FROM ops.quarantine WHERE status = 'open') "
                "GROUP BY source, rule ORDER BY row_count DESC, source, rule"
            ),
        ),
    ),
    append=True,
)
