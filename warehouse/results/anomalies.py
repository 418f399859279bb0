"""The contract of results.anomalies."""

from warehouse.contracts import Check, Column, Question, result_table

TABLE = result_table(
    name="anomalies",
    grain="one row per unusual day and metric, per level shift of a metric, and per unusual order",
    description=(
        "Level shifts: a metric that goes on higher or lower than in the weeks before, told from the first day of it; "
        "shifts that the year before had in the same weeks are the season's. "
        "Days on which sales, orders or returns were far from what trend and weekday lead one to expect, days without "
        "any order outside longer closures, and orders too improbable among ordinary ones to come by chance. A day is "
        "judged by the days on both sides of it, so a recent verdict can change as later days come in. Weekdays on "
        "which the shop never opens are not judged. Returns are reported upwards only."
    ),
    key=("anomaly_id",),
    columns=(
        Column(
            name="anomaly_id",
            type="VARCHAR",
            description="'day:metric:date', 'level_shift:metric:date' or 'order:order_id', the same from run to run.",
        ),
        Column(name="kind", type="VARCHAR", description="What is unusual.", allowed=("day", "level_shift", "order")),
        Column(
            name="subject",
            type="VARCHAR",
            description="The metric of core.daily_metrics, or the order_id.",
            references="core.orders.order_id",
            references_when="kind = 'order'",
        ),
        Column(
            name="direction",
            type="VARCHAR",
            description="More or less than usual; 'unusual' for an order that stands out by time or place.",
            allowed=("high", "low", "unusual"),
        ),
        Column(
            name="severity",
            type="VARCHAR",
            description="notice, warning from 1.5 times the limit on, critical from twice the limit on.",
            allowed=("notice", "warning", "critical"),
        ),
        Column(name="reason", type="VARCHAR", description="What was unusual and by how much, in plain words."),
        Column(
            name="observed",
            type="DOUBLE",
            description=(
                "The day's value; of a level shift the mean of its days, of the first eight weeks at most; the order's "
                "amount, or its units where the shop has no prices."
            ),
            unit="that of the subject",
            nullable=True,
        ),
        Column(name="expected", type="DOUBLE", description="What is usual.", unit="that of the subject"),
        Column(
            name="lower",
            type="DOUBLE",
            description="Lower end of the usual range.",
            unit="that of the subject",
            minimum=0,
        ),
        Column(name="upper", type="DOUBLE", description="Upper end of the usual range.", unit="that of the subject"),
        Column(
            name="score",
            type="DOUBLE",
            description=(
                "Days: robust standard deviations from what was expected. Orders: the isolation forest's score, "
                "0.5 for an ordinary order, near 1 for an unusual one. Higher is more unusual; compare within a kind."
            ),
            minimum=0,
        ),
        Column(
            name="probability",
            type="DOUBLE",
            description=(
                "How probable an ordinary order is that stands out as far, by the tails of its features and of the "
                "forest's score, times how many were looked at; empty for days."
            ),
            unit="probability",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="happened_on",
            type="DATE",
            description="The day, the first day of the level shift, or the day of the order.",
        ),
    ),
    checks=(
        Check(
            name="usual_range_in_order",
            violation="lower > upper OR expected < lower OR expected > upper",
            meaning="what is expected is outside its own usual range",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="Which days and changes stood out most?",
            sql=(
                "SELECT happened_on, kind, severity, reason FROM results.anomalies "
                "WHERE kind <> 'order' ORDER BY score DESC, anomaly_id LIMIT 20"
            ),
        ),
        Question(
            text="What was unusual in the last four weeks of the data?",
            empty_when_well=True,
            sql=(
                "SELECT happened_on, kind, severity, reason FROM results.anomalies "
                "WHERE happened_on > as_of - 28 ORDER BY happened_on DESC, score DESC"
            ),
        ),
        Question(
            text="Which orders should somebody look at?",
            empty_when_well=True,
            sql=(
                "SELECT subject AS order_id, happened_on, observed, reason FROM results.anomalies "
                "WHERE kind = 'order' ORDER BY probability, anomaly_id LIMIT 20"
            ),
        ),
    ),
)
