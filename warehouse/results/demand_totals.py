"""The contract of results.demand_totals."""

from warehouse.contracts import Check, Column, Question, result_table
from warehouse.results.demand_forecast import OF_SERIES


def _amount(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name=name, type="DOUBLE", description=description, unit="see measure", minimum=0, nullable=nullable)


TABLE = result_table(
    name="demand_totals",
    grain="one row per series and measure",
    description=(
        "What each series of results.demand_forecast is expected to sell over the whole horizon, beside what it sold "
        "before and a year before. The intervals are those of the sum, calibrated on sums over older windows: errors "
        "of neighbouring days partly cancel out, so the ends of the days' intervals don't add up to them. How often "
        "they held is sum_coverage_80 and sum_coverage_95 in model_metrics. Earlier answers stay."
    ),
    key=("level", "series_id", "measure"),
    columns=(
        *OF_SERIES,
        Column(name="reading", type="VARCHAR", description="The sum, what it compares with and how sure it is."),
        Column(name="day_count", type="BIGINT", description="Days ahead.", unit="days", minimum=1),
        _amount("expected", "Expected demand of all days."),
        _amount("lower_80", "Lower end of the sum's 80% interval."),
        _amount("upper_80", "Upper end of the sum's 80% interval."),
        _amount("lower_95", "Lower end of the sum's 95% interval."),
        _amount("upper_95", "Upper end of the sum's 95% interval."),
        _amount("sold_before", "Sold in as many days before; empty where there are fewer.", nullable=True),
        _amount("sold_year_before", "Sold on the same weekdays 52 weeks earlier; empty where unknown.", nullable=True),
        Column(name="first_on", type="DATE", description="The first day ahead."),
        Column(name="last_on", type="DATE", description="The last day ahead."),
    ),
    checks=(
        Check(
            name="intervals_nested",
            violation="lower_95 > lower_80 OR lower_80 > expected OR expected > upper_80 OR upper_80 > upper_95",
            meaning="the expected sum is outside its interval, or the 80% interval is not within the 95% one",
            advice="report it as a defect",
        ),
    ),
    questions=(
        Question(
            text="How many units of each product are enough for the days ahead in nine of ten cases?",
            sql=(
                "SELECT series_id, series_name, expected, upper_80 AS enough, sold_year_before, reading "
                "FROM results.demand_totals WHERE level = 'product' AND measure = 'units' "
                "AND as_of = (SELECT max(as_of) FROM results.demand_totals) ORDER BY expected DESC, series_id"
            ),
        ),
        Question(
            text="How does what is expected compare with the same days a year before?",
            sql=(
                "SELECT level, series_name, measure, expected, sold_year_before, "
                "expected / nullif(sold_year_before, 0) - 1 AS growth FROM results.demand_totals "
                "WHERE as_of = (SELECT max(as_of) FROM results.demand_totals) ORDER BY level DESC, expected DESC"
            ),
        ),
    ),
    append=True,
)
