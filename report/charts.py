"""The charts, as Vega-Lite specifications made with Altair. Rows go in as they come from SQL.

Colours carry no meaning alone, and read on white and on near-black. Texts and lines take the page's own colour
(`currentColor`), so that a chart follows dark mode and print without being drawn again.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import altair as alt
from altair.utils import schemapi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from report.shop import Row

BLUE, ORANGE, GREEN, RED, GREY = "#3f7cbf", "#d98324", "#3a9a76", "#cf4a4a", "#8a93a0"
HEIGHT = 280
_ROW_HEIGHT = 26
_BASE_HEIGHT = 40
_LABEL_PIXELS = 260
# 200, 1k, 1.5M: each label by itself, where an axis format would give all of them the largest one's unit.
_COMPACT = "format(datum.value, '~s')"
_LIFTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@contextmanager
def trusted() -> Iterator[None]:
    """Make charts without holding each part of them against Vega-Lite's schema, as tests do: that takes longer."""
    with schemapi.debug_mode(False):  # noqa: FBT003 - Altair's own
        yield


def specification(chart: alt.TopLevelMixin, description: str, height: int = HEIGHT) -> dict[str, Any]:
    """Return the chart's specification, as wide as the page gives it room."""
    sized = chart.properties(width="container", height=height, description=description)
    spec: dict[str, Any] = sized.to_dict(validate=schemapi.DEBUG_MODE)
    return spec


def data(rows: Iterable[Row]) -> alt.InlineData:
    """Return rows as a chart's data. Days become local midnights: a bare date would be read as UTC."""
    return alt.InlineData(values=[{name: _plain(value) for name, value in row.items()} for row in rows])


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return value


def _time_axis() -> alt.Axis:
    return alt.Axis(title=None, labelOverlap=True, tickCount=8, grid=False)


def _amount_axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, labelExpr=_COMPACT, tickCount=5)


def _tooltip(fields: Sequence[tuple[str, str, str]]) -> list[alt.Tooltip]:
    """Return tooltips from (field with its type, title, format)."""
    return [
        alt.Tooltip(field, title=title, format=form) if form else alt.Tooltip(field, title=title)
        for field, title, form in fields
    ]


def history(rows: list[Row], value_title: str, description: str) -> dict[str, Any]:
    """Draw sales and returns over the whole history; periods with an unusual day carry a diamond."""
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=["Sales", "Returns"], range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top"),
    )
    base = alt.Chart(data(rows)).encode(x=alt.X("period_on:T", axis=_time_axis()))
    lines = base.mark_line(strokeWidth=2).encode(
        y=alt.Y("value:Q", axis=_amount_axis(value_title)),
        color=colour,
        tooltip=_tooltip(
            [("period_on:T", "from", "%d %b %Y"), ("series:N", "what", ""), ("value:Q", value_title, ",.0f")]
        ),
    )
    marks = (
        base.transform_filter("datum.unusual != null && datum.series == 'Sales'")
        .mark_point(shape="diamond", filled=True, size=70, color=RED, opacity=1)
        .encode(
            y="value:Q",
            tooltip=_tooltip([("period_on:T", "from", "%d %b %Y"), ("unusual:N", "unusual", "")]),
        )
    )
    return specification(lines + marks, description)


def forecast(rows: list[Row], value_title: str, description: str) -> dict[str, Any]:
    """Draw the recent history and the forecast with its 80% and 95% bands; unusual days carry a diamond."""
    base = alt.Chart(data(rows)).encode(x=alt.X("period_on:T", axis=_time_axis()))
    bands = [
        base.transform_filter("datum.part == 'forecast'")
        .mark_area(color=ORANGE, opacity=opacity)
        .encode(y=alt.Y(f"{lower}:Q", axis=_amount_axis(value_title)), y2=f"{upper}:Q")
        for lower, upper, opacity in (("lower_95", "upper_95", 0.18), ("lower_80", "upper_80", 0.28))
    ]
    lines = base.mark_line(strokeWidth=2).encode(
        y="value:Q",
        color=alt.Color(
            "part:N",
            title=None,
            scale=alt.Scale(domain=["history", "forecast"], range=[BLUE, ORANGE]),
            legend=alt.Legend(orient="top", labelExpr="datum.label == 'forecast' ? 'forecast, 80% and 95%' : 'sold'"),
        ),
        tooltip=_tooltip(
            [
                ("period_on:T", "day", "%a %d %b %Y"),
                ("value:Q", value_title, ",.0f"),
                ("lower_80:Q", "80% from", ",.0f"),
                ("upper_80:Q", "80% to", ",.0f"),
                ("lower_95:Q", "95% from", ",.0f"),
                ("upper_95:Q", "95% to", ",.0f"),
            ]
        ),
    )
    marks = (
        base.transform_filter("datum.unusual != null")
        .mark_point(shape="diamond", filled=True, size=90, color=RED, opacity=1)
        .encode(
            y="value:Q",
            tooltip=_tooltip(
                [("period_on:T", "day", "%a %d %b %Y"), ("value:Q", value_title, ",.0f"), ("unusual:N", "unusual", "")]
            ),
        )
    )
    return specification(alt.layer(*bands, lines, marks), description, 320)


def amount_histogram(rows: list[Row], title: str, count_title: str, description: str) -> dict[str, Any]:
    """Draw bins (`bin_from`, `bin_to`, `bin_label`, `bin_count`) of amounts."""
    axis = alt.Axis(title=title, labelExpr=_COMPACT, tickCount=10, grid=False)
    return _histogram(rows, alt.X("bin_from:Q", bin="binned", axis=axis), count_title, description)


def share_histogram(rows: list[Row], title: str, count_title: str, description: str) -> dict[str, Any]:
    """Draw bins (`bin_from`, `bin_to`, `bin_label`, `bin_count`) of shares, from 0% to 100%."""
    axis = alt.Axis(title=title, format=".0%", tickCount=10, grid=False)
    scale = alt.Scale(domain=[0, 1])
    return _histogram(rows, alt.X("bin_from:Q", bin="binned", axis=axis, scale=scale), count_title, description)


def _histogram(rows: list[Row], bins: alt.X, count_title: str, description: str) -> dict[str, Any]:
    chart = (
        alt.Chart(data(rows))
        .mark_bar(color=BLUE, stroke="transparent", binSpacing=1)
        .encode(
            x=bins,
            x2="bin_to:Q",
            y=alt.Y("bin_count:Q", axis=_amount_axis(count_title)),
            tooltip=_tooltip([("bin_label:N", "from", ""), ("bin_count:Q", count_title, ",.0f")]),
        )
    )
    return specification(chart, description, 240)


def week_hours(rows: list[Row], description: str) -> dict[str, Any]:
    """Draw orders by weekday and hour (`weekday` 1 for Monday, `hour`, `order_count`) as a heat map."""
    chart = (
        alt.Chart(data({**row, "day": WEEKDAYS[row["weekday"] - 1]} for row in rows))
        .mark_rect(cornerRadius=2, color=BLUE)
        .encode(
            x=alt.X("hour:O", axis=alt.Axis(title="Hour of the day", labelAngle=0, domain=False, ticks=False)),
            y=alt.Y("day:O", scale=alt.Scale(domain=WEEKDAYS), axis=alt.Axis(title=None, domain=False, ticks=False)),
            opacity=alt.Opacity(
                "order_count:Q",
                title="Orders",
                scale=alt.Scale(zero=True, range=[0.06, 1]),
                legend=alt.Legend(orient="right", format="~s", tickCount=5, symbolType="square"),
            ),
            tooltip=_tooltip([("day:N", "day", ""), ("hour:O", "hour", ""), ("order_count:Q", "orders", ",.0f")]),
        )
    )
    return specification(chart, description, 7 * _ROW_HEIGHT)


def grouped_bars(rows: list[Row], series: dict[str, str], title: str, description: str) -> dict[str, Any]:
    """Draw horizontal bars (`label`, `series`, `value`): beside each other for each label.

    `series` maps each series to its colour; the values are shares of 0..1.
    """
    labels = list(dict.fromkeys(row["label"] for row in rows))
    chart = (
        alt.Chart(data(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=_labels(labels),
            yOffset=alt.YOffset("series:N", sort=list(series)),
            x=alt.X("value:Q", axis=alt.Axis(title=title, format=".0%", tickCount=6)),
            color=_series_colour(series),
            tooltip=_tooltip([("label:N", "which", ""), ("series:N", "what", ""), ("value:Q", title, ".1%")]),
        )
    )
    return specification(chart, description, _BASE_HEIGHT + 2 * 18 * len(labels))


def stacked_bars(rows: list[Row], series: dict[str, str], title: str, description: str) -> dict[str, Any]:
    """Draw horizontal bars (`label`, `series`, `value`): stacked for each label, in the order of `series`."""
    labels = list(dict.fromkeys(row["label"] for row in rows))
    ranks = {name: rank for rank, name in enumerate(series)}
    chart = (
        alt.Chart(data({**row, "rank": ranks[row["series"]]} for row in rows))
        .mark_bar()
        .encode(
            y=_labels(labels),
            x=alt.X("value:Q", stack="zero", axis=_amount_axis(title)),
            color=_series_colour(series),
            order=alt.Order("rank:Q"),
            tooltip=_tooltip([("label:N", "which", ""), ("series:N", "what", ""), ("value:Q", title, ",.0f")]),
        )
    )
    return specification(chart, description, _BASE_HEIGHT + _ROW_HEIGHT * len(labels))


def intervals(rows: list[Row], axis: tuple[str, str], description: str, *, none_at: float | None = 0) -> dict[str, Any]:
    """Draw estimates with their 95% intervals (`label`, `value`, `lower`, `upper`), one in a row.

    A dashed line marks `none_at`, the value that stands for no effect.
    """
    labels = list(dict.fromkeys(row["label"] for row in rows))
    title, form = axis
    base = alt.Chart(data(rows)).encode(y=_labels(labels))
    tooltip = _tooltip(
        [("label:N", "which", ""), ("value:Q", title, form), ("lower:Q", "from", form), ("upper:Q", "to", form)]
    )
    bars = base.mark_rule(strokeWidth=2, color=BLUE).encode(
        x=alt.X("lower:Q", axis=alt.Axis(title=title, format=form, tickCount=6), scale=alt.Scale(zero=False)),
        x2="upper:Q",
        tooltip=tooltip,
    )
    points = base.mark_point(filled=True, size=80, color=BLUE, opacity=1).encode(x="value:Q", tooltip=tooltip)
    layers = [bars, points]
    if none_at is not None:
        line = alt.Chart(alt.InlineData(values=[{"at": none_at}]))
        layers.insert(0, line.mark_rule(strokeDash=[4, 4], color="currentColor", opacity=0.5).encode(x="at:Q"))
    return specification(alt.layer(*layers), description, _BASE_HEIGHT + _ROW_HEIGHT * len(labels))


def rule_scatter(rows: list[Row], description: str) -> dict[str, Any]:
    """Draw rules by support and lift (`support`, `lift`, `confidence`, `held`, `reading`)."""
    chart = (
        alt.Chart(data(rows))
        .mark_circle(opacity=0.65, stroke="transparent")
        .encode(
            x=alt.X(
                "support:Q",
                scale=alt.Scale(zero=False),
                axis=alt.Axis(title="Support: share of all orders with both sides", format=".2~%", tickCount=8),
            ),
            y=alt.Y("lift:Q", scale=alt.Scale(type="log"), axis=alt.Axis(title="Lift (1 is chance)", values=_LIFTS)),
            size=alt.Size(
                "confidence:Q",
                title="Confidence",
                scale=alt.Scale(range=[20, 220]),
                legend=alt.Legend(format=".0%", orient="right", values=[0.25, 0.5, 0.75]),
            ),
            color=alt.Color(
                "held:N",
                title="On later orders",
                scale=alt.Scale(
                    domain=["still more often together", "no longer", "not tested"], range=[GREEN, RED, GREY]
                ),
                legend=alt.Legend(orient="right"),
            ),
            tooltip=_tooltip(
                [
                    ("reading:N", "rule", ""),
                    ("lift:Q", "lift", ".2f"),
                    ("confidence:Q", "confidence", ".0%"),
                    ("support:Q", "support", ".2%"),
                    ("held:N", "on later orders", ""),
                ]
            ),
        )
    )
    return specification(chart, description, 300)


def _labels(labels: list[str]) -> alt.Y:
    return alt.Y("label:N", sort=labels, axis=alt.Axis(title=None, labelLimit=_LABEL_PIXELS, domain=False, ticks=False))


def _series_colour(series: dict[str, str]) -> alt.Color:
    return alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=list(series), range=list(series.values())),
        legend=alt.Legend(orient="top"),
    )
