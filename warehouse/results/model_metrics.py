"""The contract of results.model_metrics."""

from warehouse.contracts import Column, Question, result_table

TABLE = result_table(
    name="model_metrics",
    grain="one row per family, model, scope and metric",
    description=(
        "How well each model did on data it had not seen, beside the baseline it has to beat. "
        "`is_headline` marks the one metric a family is judged by, on its champion's row."
    ),
    key=("model", "scope", "metric"),
    columns=(
        Column(name="model", type="VARCHAR", description="The model evaluated."),
        Column(name="scope", type="VARCHAR", description="What it was evaluated on, such as total or k=5."),
        Column(name="metric", type="VARCHAR", description="The metric's standard name, such as mase or silhouette."),
        Column(name="value", type="DOUBLE", description="The metric's value.", nullable=True),
        Column(name="lower", type="DOUBLE", description="Lower end of its 95% interval.", nullable=True),
        Column(name="upper", type="DOUBLE", description="Upper end of its 95% interval.", nullable=True),
        Column(name="higher_is_better", type="BOOLEAN", description="Whether a higher value is a better one."),
        Column(name="is_champion", type="BOOLEAN", description="The model that the family's answers come from."),
        Column(name="is_baseline", type="BOOLEAN", description="The simple model to beat."),
        Column(name="is_headline", type="BOOLEAN", description="The metric that the family is judged by."),
        Column(name="observation_count", type="BIGINT", description="Observations judged.", minimum=0),
        Column(name="evaluated_from", type="DATE", description="First day of the evaluation.", nullable=True),
        Column(name="evaluated_to", type="DATE", description="Last day of the evaluation.", nullable=True),
        Column(name="note", type="VARCHAR", description="How it was evaluated, in a sentence.", nullable=True),
    ),
    questions=(
        Question(
            text="Does each family's champion beat its baseline?",
            sql=(
                "SELECT champion.family, champion.metric, champion.model AS champion, champion.value, "
                "baseline.model AS baseline, baseline.value AS baseline_value "
                "FROM results.model_metrics AS champion LEFT JOIN results.model_metrics AS baseline "
                "ON baseline.family = champion.family AND baseline.metric = champion.metric "
                "AND baseline.scope = champion.scope AND baseline.as_of = champion.as_of AND baseline.is_baseline "
                "WHERE champion.is_headline AND champion.is_champion "
                "AND champion.as_of = (SELECT max(as_of) FROM results.model_metrics) ORDER BY champion.family"
            ),
        ),
    ),
    append=True,
    shared=True,
)
