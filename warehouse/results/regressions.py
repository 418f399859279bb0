"""The contract of results.regressions."""

from warehouse.contracts import Check, Column, Question, result_table

TABLE = result_table(
    name="regressions",
    grain="one row per regression and term",
    description=(
        "Each regression answers one question, which stands in `question`; the row whose role is 'answer' has it. What "
        "works on the driver is held constant (weekday, season, turn of the year, trend, other "
        "drivers), what the driver "
        "works through is not: `campaigns` are asked for their effect in all ways together, also by "
        "visits. The graph of what "
        "works on what stands in docs/drivers.md. `claim` says whether the answer may be read as an effect, under that "
        "graph, or is an association only. '…_by_…' explain a day's figure; 'price_elasticity' explains a product's "
        "weekly units by its price, with product and week effects. No row is an experiment."
    ),
    key=("scope", "term"),
    columns=(
        Column(
            name="scope",
            type="VARCHAR",
            description="The regression.",
            allowed=(
                *(
                    f"{outcome}_by_{driver}"
                    for outcome in ("sales", "units", "orders")
                    for driver in ("calendar", "campaigns", "prices", "visits", "returns")
                ),
                "price_elasticity",
            ),
        ),
        Column(name="term", type="VARCHAR", description="The explaining variable."),
        Column(name="outcome", type="VARCHAR", description="The explained variable."),
        Column(
            name="standard_error_kind",
            type="VARCHAR",
            description="HAC is Newey-West, robust to unequal spread and to alike neighbouring days.",
            allowed=("HAC", "clustered by product"),
        ),
        Column(name="reading", type="VARCHAR", description="What the row says, in a sentence."),
        Column(
            name="question",
            type="VARCHAR",
            description="What the regression answers; empty in answers of before there were questions.",
            nullable=True,
        ),
        Column(
            name="role",
            type="VARCHAR",
            description="Whether the term has the answer or is held constant for it, which answers nothing.",
            nullable=True,
            allowed=("answer", "held constant"),
        ),
        Column(
            name="claim",
            type="VARCHAR",
            description=(
                "What the answer may be read as: an effect under the graph of docs/drivers.md, or an association."
            ),
            nullable=True,
            allowed=("effect", "association"),
        ),
        Column(
            name="estimator",
            type="VARCHAR",
            description=(
                "Amounts are explained by their logarithm, counts by Poisson pseudo-maximum likelihood with zeros."
            ),
            nullable=True,
            allowed=("least squares of the logarithm", "Poisson pseudo-maximum likelihood"),
        ),
        Column(
            name="coefficient", type="DOUBLE", description="The estimate.", unit="change of the outcome's logarithm"
        ),
        Column(
            name="standard_error",
            type="DOUBLE",
            description="Its robust standard error.",
            unit="change of the outcome's logarithm",
            minimum=0,
        ),
        Column(name="t_statistic", type="DOUBLE", description="coefficient / standard_error.", unit="ratio"),
        Column(
            name="p_value",
            type="DOUBLE",
            description="Probability of an estimate at least as far from 0 if the term had no effect.",
            unit="probability",
            minimum=0,
            maximum=1,
        ),
        Column(name="lower", type="DOUBLE", description="Lower end of the coefficient's 95% interval."),
        Column(name="upper", type="DOUBLE", description="Upper end of the coefficient's 95% interval."),
        Column(
            name="variance_inflation_factor",
            type="DOUBLE",
            description="How many times the other terms widen the estimate's variance; above 10 it is unreliable.",
            unit="ratio",
            nullable=True,
            minimum=1,
        ),
        Column(
            name="r_squared",
            type="DOUBLE",
            description=(
                "Share of variance explained, of deviance where counts are; after product and week "
                "effects for price_elasticity."
            ),
            unit="share",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="adjusted_r_squared",
            type="DOUBLE",
            description="r_squared less what as many useless terms would explain by chance.",
            unit="share",
            maximum=1,
        ),
        Column(name="observation_count", type="BIGINT", description="Days or product weeks.", minimum=1),
    ),
    checks=(
        Check(
            name="coefficient_outside_its_interval",
            violation="coefficient < lower OR coefficient > upper",
            meaning="a coefficient lies outside its own interval",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="How strongly do customers react to prices, in all and by category?",
            sql=(
                "SELECT term, coefficient AS elasticity, lower, upper, reading FROM results.regressions "
                "WHERE scope = 'price_elasticity' ORDER BY term"
            ),
        ),
        Question(
            text="What do campaigns do to sales, and what else goes with them?",
            sql=(
                "SELECT question, claim, coefficient, lower, upper, reading FROM results.regressions "
                "WHERE role = 'answer' ORDER BY claim DESC, p_value, scope"
            ),
        ),
    ),
)
