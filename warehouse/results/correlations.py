"""The contract of results.correlations."""

from warehouse.contracts import Check, Column, Question, result_table

TABLE = result_table(
    name="correlations",
    grain="one row per pair of daily variables and basis",
    description=(
        "How daily figures move together: Pearson's correlation with Fisher's interval. The basis 'levels' takes the "
        "figures as they are, so a shared trend or season shows as correlation; 'weekday_adjusted_changes' takes "
        "day-to-day changes after the weekday's mean is removed, and so shows what moves together from day to day. "
        "Beside it stands Spearman's correlation of ranks, which single large days do not move. "
        "Intervals and p-values count only as many days as are worth independent ones (Bartlett)."
    ),
    key=("basis", "variable", "other_variable"),
    columns=(
        Column(
            name="basis",
            type="VARCHAR",
            description="What was correlated.",
            allowed=("levels", "weekday_adjusted_changes"),
        ),
        Column(name="variable", type="VARCHAR", description="A column of features.daily_drivers."),
        Column(name="other_variable", type="VARCHAR", description="Another column of features.daily_drivers."),
        Column(name="reading", type="VARCHAR", description="What the row says, in a sentence."),
        Column(
            name="correlation",
            type="DOUBLE",
            description="Pearson's correlation coefficient.",
            minimum=-1,
            maximum=1,
        ),
        Column(name="lower", type="DOUBLE", description="Lower end of its 95% interval.", minimum=-1, maximum=1),
        Column(name="upper", type="DOUBLE", description="Upper end of its 95% interval.", minimum=-1, maximum=1),
        Column(
            name="rank_correlation",
            type="DOUBLE",
            description="Spearman's correlation of ranks; empty in answers of before it was computed.",
            nullable=True,
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="rank_lower",
            type="DOUBLE",
            description="Lower end of its 95% interval.",
            nullable=True,
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="rank_upper",
            type="DOUBLE",
            description="Upper end of its 95% interval.",
            nullable=True,
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="p_value",
            type="DOUBLE",
            description="Probability of a correlation at least as strong if there were none.",
            unit="probability",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="adjusted_p_value",
            type="DOUBLE",
            description="p_value adjusted for the number of pairs of the basis (Benjamini-Hochberg).",
            unit="probability",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="test_count",
            type="BIGINT",
            description="Pairs of the basis that the p-value is adjusted for.",
            unit="tests",
            minimum=1,
        ),
        Column(name="observation_count", type="BIGINT", description="Days used.", unit="days", minimum=4),
        Column(
            name="effective_observation_count",
            type="DOUBLE",
            description="Independent days that the days used are worth, given how alike neighbouring days are.",
            unit="days",
            minimum=4,
        ),
    ),
    checks=(
        Check(
            name="correlation_outside_its_interval",
            violation="correlation < lower OR correlation > upper",
            meaning="a correlation lies outside its own interval",
            advice="report it as a defect",
        ),
        Check(
            name="adjusted_below_raw_p_value",
            violation="adjusted_p_value < p_value",
            meaning="adjusting made a p-value smaller",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="What moves with sales from day to day, beyond chance?",
            sql=(
                "SELECT variable, other_variable, correlation, lower, upper, reading FROM results.correlations "
                "WHERE basis = 'weekday_adjusted_changes' AND adjusted_p_value < 0.05 "
                "AND 'sales_amount' IN (variable, other_variable) ORDER BY abs(correlation) DESC"
            ),
        ),
    ),
)
