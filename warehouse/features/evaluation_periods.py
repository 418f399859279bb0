"""The contract of features.evaluation_periods."""

from warehouse.contracts import Column, Question, Table

TABLE = Table(
    schema="features",
    name="evaluation_periods",
    grain="one row per period: training and holdout",
    description=(
        "Which days basket_rules and recommendations learn from while they are judged (training), and on which "
        "days they are judged (holdout): the last `holdout_days` of sales, or the last quarter where the shop's "
        "history is shorter than four times that. A shop with too few days has no holdout row."
    ),
    key=("period",),
    columns=(
        Column(name="period", type="VARCHAR", description="The period.", allowed=("training", "holdout")),
        Column(
            name="order_count",
            type="BIGINT",
            description="Orders with at least one product sold.",
            unit="orders",
            minimum=1,
        ),
        Column(
            name="customer_count",
            type="BIGINT",
            description="Known customers who bought.",
            unit="customers",
            minimum=0,
        ),
        Column(name="started_on", type="DATE", description="The period's first day."),
        Column(name="ended_on", type="DATE", description="The period's last day."),
    ),
    questions=(
        Question(
            text="Which days were the rules and recommendations judged on?",
            sql="SELECT started_on, ended_on, order_count FROM features.evaluation_periods WHERE period = 'holdout'",
        ),
    ),
    inputs=("features.known_orders",),
)
