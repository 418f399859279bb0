"""The contract of results.campaign_effects."""

from models.campaign_effects.candidates import CANDIDATES
from warehouse.contracts import Check, Column, Question, result_table
from warehouse.fields import ARM, CAMPAIGN_ID

_MONEY = "shop currency"


def _count(name: str, description: str, unit: str = "customers") -> Column:
    return Column(name=name, type="BIGINT", description=description, unit=unit, minimum=0)


def _share(name: str, description: str, *, minimum: float = 0, unit: str = "share") -> Column:
    return Column(
        name=name, type="DOUBLE", description=description, unit=unit, nullable=True, minimum=minimum, maximum=1
    )


def _interval(name: str, description: str, unit: str) -> tuple[Column, ...]:
    return (
        Column(name=name, type="DOUBLE", description=description, unit=unit, nullable=True),
        Column(
            name=f"{name}_lower", type="DOUBLE", description="Lower end of its 95% interval.", unit=unit, nullable=True
        ),
        Column(
            name=f"{name}_upper", type="DOUBLE", description="Upper end of its 95% interval.", unit=unit, nullable=True
        ),
    )


TABLE = result_table(
    name="campaign_effects",
    grain="one row per campaign and arm that is no control",
    description=(
        "What each arm of a campaign brought against the customers who were held out, in the window_days of "
        "`[models.campaign_effects]` from the contact on. An arm without a control, or whose window has not ended, is "
        "skipped: its verdict says why and its estimates are empty."
    ),
    key=("campaign_id", "arm"),
    columns=(
        CAMPAIGN_ID,
        ARM,
        Column(name="campaign_name", type="VARCHAR", description="The campaign's name.", nullable=True),
        Column(
            name="status",
            type="VARCHAR",
            description="Whether there is an estimate.",
            allowed=("estimated", "skipped"),
        ),
        Column(
            name="method",
            type="VARCHAR",
            description="How differences of amounts and orders are estimated: the family's champion.",
            allowed=CANDIDATES.names,
        ),
        Column(name="verdict", type="VARCHAR", description="What the arm brought, in a few sentences."),
        _count("treated_count", "Customers of the arm whose window has ended."),
        _count("control_count", "Customers held out whose window has ended."),
        _count("arm_count", "Arms of the campaign that p-values are adjusted for.", "arms"),
        _count("treated_converted_count", "Customers of the arm who ordered in the window."),
        _count("control_converted_count", "Customers held out who ordered in the window."),
        _share("treated_conversion_share", "Share of the arm who ordered."),
        _share("control_conversion_share", "Share of those held out who ordered."),
        *_interval("conversion_difference", "Treated less control share (Newcombe's interval).", "share"),
        *_interval("relative_lift", "Treated over control share less 1; 0.1 is 10% more (Katz).", "relative change"),
        _share("conversion_p_value", "Probability of so large a difference without an effect.", unit="probability"),
        _share(
            "conversion_adjusted_p_value",
            "conversion_p_value adjusted for the campaign's arms (Holm).",
            unit="probability",
        ),
        *_interval("amount_difference", "Sales per customer, treated less control.", _MONEY),
        _share("amount_p_value", "Probability of so large a difference without an effect.", unit="probability"),
        _share(
            "amount_adjusted_p_value", "amount_p_value adjusted for the campaign's arms (Holm).", unit="probability"
        ),
        *_interval("unadjusted_amount_difference", "The plain difference of mean sales (Welch).", _MONEY),
        *_interval("order_difference", "Orders per customer, treated less control.", "orders"),
        *_interval("incremental_amount", "amount_difference times treated_count: sales brought in all.", _MONEY),
        Column(
            name="cost",
            type="DOUBLE",
            description="The arm's part of the campaign's cost, by treated customers; empty where it is not known.",
            unit=_MONEY,
            nullable=True,
            minimum=0,
        ),
        *_interval("return_on_cost", "incremental_amount divided by cost: sales, not profit.", "ratio"),
        *_interval(
            "pre_difference",
            "Placebo: the difference in the days before the contact, in sales or, without prices, in orders; should be "
            "near 0.",
            "shop currency or orders",
        ),
        Column(
            name="pre_standardised_difference",
            type="DOUBLE",
            description="pre_difference in standard deviations; beyond 0.1 either way the arms were not alike.",
            unit="standard deviations",
            nullable=True,
        ),
        _share(
            "sample_ratio_p_value",
            "Probability of so uneven a split under the planned share held out; below 0.001 the assignment went wrong. "
            "Empty where no plan is set.",
            unit="probability",
        ),
    ),
    checks=(
        Check(
            name="estimated_without_estimate",
            violation="status = 'estimated' AND conversion_difference IS NULL",
            meaning="an arm is marked as estimated but has no estimate",
            advice="report it as a defect",
        ),
        Check(
            name="difference_outside_its_interval",
            violation=(
                "conversion_difference NOT BETWEEN conversion_difference_lower AND conversion_difference_upper "
                "OR amount_difference NOT BETWEEN amount_difference_lower AND amount_difference_upper"
            ),
            meaning="a difference lies outside its own interval",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="Which campaigns paid off?",
            sql=(
                "SELECT campaign_id, arm, incremental_amount, cost, return_on_cost, verdict "
                "FROM results.campaign_effects WHERE status = 'estimated' AND amount_adjusted_p_value < 0.05 "
                "ORDER BY incremental_amount DESC"
            ),
        ),
        Question(
            text="Which campaigns can't be judged, and why?",
            empty_when_well=True,
            sql="SELECT campaign_id, arm, verdict FROM results.campaign_effects WHERE status = 'skipped' ORDER BY ALL",
        ),
    ),
)
