"""The contract of results.basket_rules."""

from warehouse.contracts import Check, Column, Question, result_table

TABLE = result_table(
    name="basket_rules",
    grain="one row per rule: when the antecedent is in an order, so is the consequent",
    description=(
        "Which products are bought together, out of all orders by the day answered for. Rules pass thresholds "
        "of support, confidence, lift and significance, and beat every simpler rule. The holdout columns tell what a "
        "rule did on later orders than those it was found in; they are empty where it was not known before."
    ),
    key=("rule_id",),
    columns=(
        Column(name="rule_id", type="VARCHAR", description="Made of both sides: the same in every run."),
        Column(name="antecedent", type="VARCHAR[]", description="The product ids of the left side."),
        Column(name="consequent", type="VARCHAR[]", description="The product ids of the right side."),
        Column(name="antecedent_names", type="VARCHAR", description="The names of the left side, parted by ' + '."),
        Column(name="consequent_names", type="VARCHAR", description="The names of the right side, parted by ' + '."),
        Column(name="reading", type="VARCHAR", description="The rule in a sentence."),
        Column(
            name="leverage_rank",
            type="BIGINT",
            description="1 is the rule with the most orders beyond chance.",
            minimum=1,
        ),
        Column(name="order_count", type="BIGINT", description="Orders with both sides.", unit="orders", minimum=1),
        Column(
            name="antecedent_order_count",
            type="BIGINT",
            description="Orders with the left side.",
            unit="orders",
            minimum=1,
        ),
        Column(
            name="consequent_order_count",
            type="BIGINT",
            description="Orders with the right side.",
            unit="orders",
            minimum=1,
        ),
        Column(
            name="total_order_count",
            type="BIGINT",
            description="All orders with a product, the denominator of every support.",
            unit="orders",
            minimum=1,
        ),
        Column(
            name="support",
            type="DOUBLE",
            description="Share of all orders with both sides.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="antecedent_support",
            type="DOUBLE",
            description="Share of all orders with the left side.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="consequent_support",
            type="DOUBLE",
            description="Share of all orders with the right side.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="confidence",
            type="DOUBLE",
            description="Share of the left side's orders that have the right side.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="lift",
            type="DOUBLE",
            description="Confidence over the right side's share of all orders; 1 is chance.",
            minimum=0,
        ),
        Column(
            name="leverage",
            type="DOUBLE",
            description="Support less what chance would give.",
            minimum=-0.25,
            maximum=0.25,
        ),
        Column(
            name="conviction",
            type="DOUBLE",
            description="How many times more often the rule would fail by chance; empty where it never fails.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="zhangs_metric",
            type="DOUBLE",
            description="Association from -1 (never together) over 0 (chance) to 1 (always together).",
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="confidence_lower",
            type="DOUBLE",
            description="Lower end of the confidence's 95% interval (Wilson).",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="confidence_upper",
            type="DOUBLE",
            description="Upper end of the confidence's 95% interval (Wilson).",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="lift_lower",
            type="DOUBLE",
            description="Lower end of the lift's 95% interval (delta method on its logarithm).",
            minimum=0,
        ),
        Column(name="lift_upper", type="DOUBLE", description="Upper end of the lift's 95% interval.", minimum=0),
        Column(
            name="improvement",
            type="DOUBLE",
            description="Confidence gained over the best simpler rule with the same right side.",
            minimum=-1,
            maximum=1,
        ),
        Column(
            name="adjusted_p_value",
            type="DOUBLE",
            description=(
                "One-sided p-value of Fisher's exact test, adjusted by Benjamini and Hochberg for all rules that reach "
                "the smallest support."
            ),
            minimum=0,
            maximum=1,
        ),
        Column(
            name="is_known_before_holdout",
            type="BOOLEAN",
            description="The rule was found in the training period's orders alone.",
        ),
        Column(
            name="holdout_antecedent_order_count",
            type="BIGINT",
            description="Orders with the left side in the holdout period.",
            unit="orders",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="holdout_confidence",
            type="DOUBLE",
            description="The confidence in the holdout period.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="holdout_lift",
            type="DOUBLE",
            description="The lift in the holdout period.",
            nullable=True,
            minimum=0,
        ),
    ),
    checks=(
        Check(
            name="more_together_than_apart",
            violation="order_count > least(antecedent_order_count, consequent_order_count)",
            meaning="a rule's sides meet in more orders than one of them is in",
            advice="report it as a defect of models/basket_rules",
        ),
        Check(
            name="interval_misses_its_lift",
            violation="lift < lift_lower - 1e-9 OR lift > lift_upper + 1e-9",
            meaning="a lift lies outside its own interval",
            advice="report it as a defect of models/basket_rules",
        ),
    ),
    questions=(
        Question(
            text="Which products belong side by side on a page or shelf?",
            sql="SELECT reading FROM results.basket_rules ORDER BY leverage_rank LIMIT 10",
        ),
        Question(
            text="Which rules also held on later orders?",
            sql=(
                "SELECT antecedent_names, consequent_names, lift, holdout_lift FROM results.basket_rules "
                "WHERE holdout_lift > 1 ORDER BY holdout_lift DESC, rule_id LIMIT 10"
            ),
        ),
    ),
)
