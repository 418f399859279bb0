"""The contract of results.market_trends."""

from warehouse.contracts import Check, Column, Question, result_table
from warehouse.features.market_months import DIMENSIONS

_UNIT = "shop currency, units, orders or customers, as measure says"
_RELATIVE = "relative change, 0.1 is 10% more"


def _value(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name=name, type="DOUBLE", description=description, unit=_UNIT, nullable=nullable, minimum=0)


def _growth(name: str, description: str) -> Column:
    return Column(name=name, type="DOUBLE", description=description, unit=_RELATIVE, nullable=True, minimum=-1)


def _share(name: str, description: str, minimum: float = 0) -> Column:
    return Column(
        name=name, type="DOUBLE", description=description, unit="share", nullable=True, minimum=minimum, maximum=1
    )


TABLE = result_table(
    name="market_trends",
    grain="one row per dimension, member and measure",
    description=(
        "Where the market moves: the last complete month of each category, country, customer type and tenure, its "
        "growth year on year with interval, its step from the month before with the season taken off, its share, and "
        "what the family's best forecast expects next month. Below two years growth and season can't be told apart, "
        "so growth is empty and direction unknown. In the first year of the record customers of before it look new, so "
        "customer tenure is compared from the second year on. Incomplete months are left out."
    ),
    key=("dimension", "member", "measure"),
    columns=(
        Column(name="dimension", type="VARCHAR", description="What the market is split by.", allowed=DIMENSIONS),
        Column(name="member", type="VARCHAR", description="The part, such as a country; 'all' for the total."),
        Column(
            name="measure",
            type="VARCHAR",
            description="What is measured; units in a shop without prices.",
            allowed=("sales_amount", "unit_count", "order_count", "customer_count"),
        ),
        Column(
            name="direction",
            type="VARCHAR",
            description="Where annual_growth's interval points; steady where it holds 0, unknown below two years.",
            allowed=("growing", "steady", "shrinking", "unknown"),
        ),
        Column(name="reading", type="VARCHAR", description="What the row says, in a few sentences."),
        Column(
            name="month_count",
            type="BIGINT",
            description="Complete months from the shop's first to the latest.",
            unit="months",
            minimum=1,
        ),
        Column(
            name="comparable_month_count",
            type="BIGINT",
            description=(
                "Of month_count, those that can be compared: for customer tenure all after the first 12; empty in "
                "answers of earlier versions."
            ),
            unit="months",
            nullable=True,
            minimum=0,
        ),
        _value("latest_value", "The measure in the latest complete month.", nullable=False),
        _value("previous_value", "The measure in the month before.", nullable=False),
        _value("year_ago_value", "The measure in the same month a year ago; empty in a shorter history."),
        _value("annual_value", "The measure in the last 12 complete months; empty in a shorter history."),
        _growth(
            "month_growth",
            "Latest month against the month before, season included, so no growth by itself; empty where that was 0.",
        ),
        _growth(
            "year_growth",
            "Latest month against the same month a year ago; empty where that was 0 or can't be compared.",
        ),
        _growth("annual_growth", "The last 12 complete months against the 12 before; empty below two years."),
        _growth(
            "annual_growth_lower",
            "Lower end of the 95% interval of the rate behind annual_growth, from how far each month's growth is off "
            "that of all; empty where half of the months of either year sold nothing.",
        ),
        _growth("annual_growth_upper", "Upper end of annual_growth's 95% interval."),
        _growth("trend_growth", "annual_growth as a rate a month: (1 + annual_growth)^(1/12) - 1."),
        _growth("trend_growth_lower", "annual_growth_lower as a rate a month."),
        _growth("trend_growth_upper", "annual_growth_upper as a rate a month."),
        _growth(
            "usual_month_growth",
            "What the season alone makes of the month before: the mean step into the same month in earlier years; "
            "empty below two years or where one of the last 24 months sold nothing.",
        ),
        _growth(
            "adjusted_month_growth",
            "(1 + month_growth) / (1 + usual_month_growth) - 1: the latest month against the month before, seasonally "
            "adjusted.",
        ),
        _growth(
            "adjusted_month_growth_lower",
            "Lower end of its 95% interval, from how far earlier months' steps were off those of the years before.",
        ),
        _growth("adjusted_month_growth_upper", "Upper end of its 95% interval."),
        _share(
            "seasonality_strength", "0 no season, 1 nothing but season; empty below three years or with empty months."
        ),
        Column(
            name="peak_month",
            type="INTEGER",
            description="Best calendar month: of the season, below two years of the last 12 months; empty below one.",
            nullable=True,
            minimum=1,
            maximum=12,
        ),
        _share("latest_share", "Share of the shop's total in the latest month; empty for the total itself."),
        _share("previous_share", "Share of the shop's total in the month before."),
        _share("share_change", "latest_share - previous_share.", minimum=-1),
        _share("share_change_lower", "Lower end of share_change's 95% interval.", minimum=-1),
        _share("share_change_upper", "Upper end of share_change's 95% interval.", minimum=-1),
        _value(
            "expected_value",
            "What the family's champion expects for the month after the latest; empty with too little to say: "
            "below two years, with a month of the last 24 without sales, or where upper would be over 5 times lower.",
        ),
        _value("expected_lower", "Lower end of its 95% interval; how often such held is coverage_95 in model_metrics."),
        _value("expected_upper", "Upper end of its 95% interval."),
        Column(name="latest_month_on", type="DATE", description="The first day of the latest complete month."),
    ),
    checks=(
        Check(
            name="trend_outside_its_interval",
            violation="annual_growth < annual_growth_lower OR annual_growth > annual_growth_upper",
            meaning="growth lies outside its own interval",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="Which countries grow, and which shrink?",
            sql=(
                "SELECT member AS country, direction, annual_growth, latest_value, latest_share, reading "
                "FROM results.market_trends WHERE dimension = 'country' AND measure IN ('sales_amount', 'unit_count') "
                "ORDER BY latest_value DESC LIMIT 10"
            ),
        ),
        Question(
            text="What do new and returning customers bring?",
            sql=(
                "SELECT member, annual_growth, latest_share, share_change, share_change_lower, share_change_upper "
                "FROM results.market_trends WHERE dimension = 'customer_tenure' AND measure = 'order_count' "
                "ORDER BY latest_share DESC"
            ),
        ),
    ),
)
