"""The contract of results.regressions."""

from warehouse.contracts import Check, Column, Question, result_table

TABLE = result_table(
    name="regressions",
    grain="one row per regression and term",
    description=(
        "What goes with higher sales when everything else in the regression stays the same. 'daily_sales' (without "
        "prices 'daily_units') and 'daily_orders' explain the logarithm of the day's figure, with Newey-West standard "
        "errors; 'price_elasticity' explains the logarithm of a product's weekly units by that of its price, with "
        "product and week effects and standard errors clustered by product. These are associations in the shop's own "
        "history, no experiment."
    ),
    key=("scope", "term"),
    columns=(
        Column(
            name="scope",
            type="VARCHAR",
            description="The regression.",
            allowed=("daily_sales", "daily_units", "daily_orders", "price_elasticity"),
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
        Column(name="coefficient", type="DOUBLE", description="The estimate.", unit="change of the log outcome"),
        Column(
            name="standard_error",
            type="DOUBLE",
            description="Its robust standard error.",
            unit="change of the log outcome",
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
            description="Share of variance explained; after product and week effects for price_elasticity.",
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
            text="How strongly do customers react to prices?",
            sql=(
                "SELECT coefficient AS elasticity, lower, upper, reading FROM results.regressions "
                "WHERE scope = 'price_elasticity' AND term = 'log_unit_price'"
            ),
        ),
        Question(
            text="What goes with higher daily sales, all else equal?",
            sql=(
                "SELECT term, coefficient, lower, upper, reading FROM results.regressions "
                "WHERE scope = 'daily_sales' AND p_value < 0.05 ORDER BY abs(t_statistic) DESC"
            ),
        ),
    ),
)
