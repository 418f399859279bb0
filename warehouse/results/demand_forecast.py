"""The contract of results.demand_forecast."""

from models.demand_forecast.candidates import AVERAGE, CANDIDATES, FALLBACK
from warehouse.contracts import Check, Column, Question, Severity, result_table
from warehouse.features.demand_series import LEVELS as KNOWN
from warehouse.fields import SERIES_ID

LEVELS = (*KNOWN, "category_rest", "product_rest")


def _bound(name: str, description: str) -> Column:
    return Column(name=name, type="DOUBLE", description=description, unit="see measure", minimum=0)


# What tells the series of forecasts apart.
OF_SERIES = (
    SERIES_ID,
    Column(
        name="level",
        type="VARCHAR",
        description=(
            "What the series adds up; category_rest and product_rest are what the shop sells beyond the "
            "categories, and beyond the products, that have series of their own."
        ),
        allowed=LEVELS,
    ),
    Column(
        name="measure",
        type="VARCHAR",
        description="What is forecast: units sold, or amount, in the shop's currency.",
        allowed=("units", "amount"),
    ),
    Column(name="series_name", type="VARCHAR", description="The series' name for people."),
    Column(
        name="model",
        type="VARCHAR",
        description=(
            f"The model chosen; {AVERAGE.name} is the mean of several, "
            f"{FALLBACK.name} stands where the history is too short or even for any other."
        ),
        allowed=(*CANDIDATES.names, AVERAGE.name, FALLBACK.name),
    ),
)

TABLE = result_table(
    name="demand_forecast",
    grain="one row per series, measure and period to come",
    description=(
        "Expected demand of the shop, its largest categories and its largest products, with 80% and 95% intervals of "
        "each period; results.demand_totals has those of the sum. The season of the year, public holidays of "
        "shop.country and days on which the shop was closed are known, where the history has them: a closed day is "
        "forecast as 0. Models are chosen by a rolling-origin backtest; the intervals are "
        "calibrated on windows that had chosen nothing, see coverage_80 and coverage_95 in model_metrics. Levels "
        "add up: in each period the categories with their rest, and the products with theirs, are the total. "
        "Earlier answers stay, so that forecasts can be compared with what came."
    ),
    key=("level", "series_id", "measure", "forecast_on"),
    columns=(
        *OF_SERIES,
        Column(name="reading", type="VARCHAR", description="The forecast and the choice of model in plain words."),
        Column(name="horizon_step", type="BIGINT", description="1 is the first period to come.", minimum=1),
        Column(name="period_days", type="BIGINT", description="Days in a period: 1 or 7.", unit="days", minimum=1),
        _bound("forecast", "Expected demand of the period."),
        _bound("lower_80", "Lower end of the 80% interval."),
        _bound("upper_80", "Upper end of the 80% interval."),
        _bound("lower_95", "Lower end of the 95% interval."),
        _bound("upper_95", "Upper end of the 95% interval."),
        Column(name="forecast_on", type="DATE", description="The period's first day."),
    ),
    checks=(
        Check(
            name="intervals_nested",
            violation=("lower_95 > lower_80 OR lower_80 > forecast OR forecast > upper_80 OR upper_80 > upper_95"),
            meaning="the forecast is outside its interval, or the 80% interval is not within the 95% one",
            advice="report it as a defect",
        ),
        Check(
            name="forecast_after_as_of",
            violation="forecast_on <= as_of - 7",
            meaning="the forecast is for a week that has passed: the data end long before as_of",
            advice="load the missing days, or set as_of to the last day of the data",
            severity=Severity.WARN,
        ),
    ),
    questions=(
        Question(
            text="What will the shop sell in the next days, and how sure is it?",
            sql=(
                "SELECT forecast_on, measure, forecast, lower_80, upper_80, lower_95, upper_95 "
                "FROM results.demand_forecast WHERE level = 'total' "
                "AND as_of = (SELECT max(as_of) FROM results.demand_forecast) ORDER BY measure, forecast_on"
            ),
        ),
    ),
    append=True,
)
