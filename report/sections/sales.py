"""Sales over time: the whole history, the recent days with the forecast, and what is expected of each product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import charts, words
from report.blocks import Content, Figure, Grid, Heading, Note
from warehouse.labels import model_label

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None for a shop without a day of sales."""
    overview = shop.row("overview")
    if overview["last_on"] is None:
        return None
    has_prices: bool = overview["has_prices"]
    title = shop.amount_title if has_prices else "Units"
    history = [row for row in shop.rows("sales_history") if row["value"] is not None]
    forecast = shop.rows("sales_forecast")
    blocks: list[Block] = []
    if forecast:
        blocks.append(_forecast_figure(forecast, title))
        blocks += [Note(text=row["reading"]) for row in shop.rows("sales_reading")]
    else:
        blocks.append(shop.missing("results.demand_forecast"))
    if history:
        blocks.append(_history_figure(history, title))
        blocks += _undone_note(shop, has_prices=has_prices)
    products = shop.rows("sales_products")
    if products:
        blocks.append(_products_grid(products))
    return Content(headline=_headline(shop.rows("sales_totals"), shop, has_prices=has_prices), blocks=tuple(blocks))


def _headline(totals: list[Row], shop: Shop, *, has_prices: bool) -> str:
    if not totals:
        return "The history of sales is below; there is no forecast yet."
    row = totals[0]
    days = words.plural(row["day_count"], "day")

    def told(value: float) -> str:
        return shop.money(value) if has_prices else f"{words.count(value)} units"

    text = f"The {days} from {words.day(row['first_on'])} on are expected to bring {told(row['expected'])}"
    compared = [
        f"{words.change(row['expected'] / row[name] - 1)} against {what}"
        for name, what in (
            ("sold_year_before", "the same days a year before"),
            ("sold_before", f"the {days} before"),
        )
        if row[name]
    ]
    text += "".join(f", {one}" for one in compared)
    return f"{text}; between {told(row['lower_80'])} and {told(row['upper_80'])} in eight of ten cases."


def _forecast_figure(rows: list[Row], title: str) -> Figure:
    unusual = sum(row["unusual"] is not None for row in rows)
    ahead = [row for row in rows if row["part"] == "forecast"]
    description = (
        f"Recent sales and the forecast from {words.day(ahead[0]['period_on'])} to {words.day(ahead[-1]['period_on'])} "
        f"with its 80% and 95% bands; {words.plural(unusual, 'period')} with something unusual marked by a diamond."
    )
    return Figure(
        title="Recent sales and forecast, less what was returned or cancelled",
        description=description,
        spec=charts.forecast(rows, title, description),
    )


def _history_figure(rows: list[Row], title: str) -> Figure:
    best = max(rows, key=lambda row: row["value"])
    description = (
        f"Sales and returns by {best['grain']} from {words.day(rows[0]['period_on'])} to "
        f"{words.day(rows[-1]['period_on'])}, complete periods only; the best began on {words.day(best['period_on'])}. "
        "Sales are less what of them was returned or cancelled later; returns stand when they came back. "
        "Diamonds mark periods with an unusual day."
    )
    return Figure(
        title=f"The whole history by {best['grain']}",
        description=description,
        spec=charts.history(rows, title, description),
    )


def _undone_note(shop: Shop, *, has_prices: bool) -> list[Block]:
    """Tell what sales were before they were lessened; nothing where nothing came back."""
    row = shop.row("sales_undone")

    def told(value: float) -> str:
        return shop.money(value) if has_prices else f"{words.count(value)} units"

    texts = []
    if row["cancelled"] or row["returned"]:
        texts.append(
            f"In the 28 days to {words.day(shop.as_of)} {told(row['gross'])} was sold; {told(row['cancelled'])} of it "
            f"was cancelled within hours and {told(row['returned'])} returned later, which is taken off all sales here."
        )
    if row["of_no_known_sale"]:
        texts.append(
            f"{told(row['of_no_known_sale'])} came back in these days of which no sale is known: it is not taken off."
        )
    return [Note(text=" ".join(texts))] if texts else []


def _products_grid(rows: list[Row]) -> Grid:
    return Grid(
        title=f"Expected units, next {words.plural(rows[0]['day_count'], 'day')}",
        headings=(
            Heading(text="Level"),
            Heading(text="Series"),
            Heading(text="Expected", is_number=True),
            Heading(text="Cautious", is_number=True),
            Heading(text="Model"),
        ),
        rows=tuple(
            (
                row["level"],
                row["series_name"],
                words.count(row["expected"]),
                words.count(row["cautious"]),
                model_label("demand_forecast", row["model"]),
            )
            for row in rows
        ),
        note="Cautious is the upper end of the sum's 80% interval: enough in nine of ten cases.",
    )
