"""The report's chapters in their order: what each is called, the tables it reads and the function that writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.blocks import Content, Section
from report.sections import (
    anomalies,
    campaigns,
    drivers,
    models,
    orders,
    overview,
    quality,
    recommendations,
    rules,
    sales,
    segments,
    trends,
    value,
)
from warehouse.catalog import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.shop import Shop

_SHOWN_QUESTIONS = 4


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A chapter of the report.

    Without rows in the first of `tables` there is nothing to write: `write` returns None, and the chapter says why.
    """

    anchor: str
    title: str
    tables: tuple[str, ...]
    write: Callable[[Shop], Content | None]

    def section(self, shop: Shop) -> Section:
        """Write the chapter from the shop's tables, or explain why there is nothing to write."""
        content = self.write(shop)
        is_empty = content is None
        if content is None:
            content = Content(headline=shop.why_empty(self.tables[0]), blocks=())
        else:
            content = Content(headline=content.headline, blocks=(*shop.stale_notes(self.tables), *content.blocks))
        questions = tuple(question for table in self.tables for question in find(table).questions)
        return Section(
            anchor=self.anchor,
            title=self.title,
            content=content,
            is_empty=is_empty,
            questions=questions[:_SHOWN_QUESTIONS],
        )


CHAPTERS = (
    Chapter(
        anchor="overview",
        title="Overview",
        tables=("core.daily_metrics", "ops.runs", "ops.freshness"),
        write=overview.write,
    ),
    Chapter(
        anchor="sales",
        title="Sales and forecast",
        tables=(
            *("core.daily_metrics", "core.undone_sales", "results.demand_forecast", "results.demand_totals"),
            "results.anomalies",
        ),
        write=sales.write,
    ),
    Chapter(anchor="orders", title="Orders: how large and when", tables=("core.orders",), write=orders.write),
    Chapter(
        anchor="segments",
        title="Customer segments",
        tables=("results.segment_profiles", "results.customer_segments"),
        write=segments.write,
    ),
    Chapter(anchor="rules", title="Bought together", tables=("results.basket_rules",), write=rules.write),
    Chapter(
        anchor="recommendations",
        title="Recommendations",
        tables=("results.recommendations", "results.similar_products"),
        write=recommendations.write,
    ),
    Chapter(anchor="value", title="Customer value and churn", tables=("results.customer_value",), write=value.write),
    Chapter(anchor="anomalies", title="Unusual days and orders", tables=("results.anomalies",), write=anomalies.write),
    Chapter(
        anchor="drivers",
        title="What goes with sales",
        tables=("results.regressions", "results.correlations"),
        write=drivers.write,
    ),
    Chapter(anchor="trends", title="Market trends", tables=("results.market_trends",), write=trends.write),
    Chapter(anchor="campaigns", title="Campaign effects", tables=("results.campaign_effects",), write=campaigns.write),
    Chapter(
        anchor="models",
        title="How good the models are",
        tables=("results.model_metrics", "results.model_parameters"),
        write=models.write,
    ),
    Chapter(
        anchor="quality",
        title="Data quality",
        tables=("ops.loads", "ops.quarantine", "ops.validation_results", "ops.family_runs"),
        write=quality.write,
    ),
)
