"""Recommendations: what is offered most, to whom and why, and what belongs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Grid, Heading
from report.consents import left_out

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None without recommendations."""
    summary = shop.row("recommendations_summary")
    if not summary["customer_count"]:
        return None
    products = shop.rows("recommendations")
    blocks: list[Block] = []
    if products:
        blocks.append(_products(products))
    customers = shop.rows("recommendations_customers")
    if customers:
        blocks.append(_customers(customers))
    blocks += left_out(shop, summary["refusing_count"])
    similar = shop.rows("recommendations_similar")
    blocks.append(_similar(similar) if similar else shop.missing("results.similar_products"))
    return Content(headline=_headline(summary, products), blocks=tuple(blocks))


def _headline(summary: Row, products: list[Row]) -> str:
    text = f"There is a list for {words.plural(summary['customer_count'], 'customer')}, "
    text += f"{words.share(summary['method_share'])} of it by the recommender {words.spaced(summary['method'])}."
    if products:
        best = products[0]
        text += (
            f" {best['product_name']} is new to {words.plural(best['customer_count'], 'customer')} it is recommended "
            "to: a good product for the next newsletter."
        )
    return text


def _products(rows: list[Row]) -> Grid:
    return Grid(
        title="Recommended most to customers who have not bought it yet",
        headings=(
            Heading(text="Product"),
            Heading(text="Name"),
            Heading(text="Customers", is_number=True),
            Heading(text="The reason given most", is_sentence=True),
        ),
        rows=tuple(
            (row["product_id"], row["product_name"], words.count(row["customer_count"]), row["reason"]) for row in rows
        ),
    )


def _customers(rows: list[Row]) -> Grid:
    return Grid(
        title="A sample of customers",
        headings=(
            Heading(text="Customer"),
            Heading(text="Place", is_number=True),
            Heading(text="Product"),
            Heading(text="Bought before"),
            Heading(text="Reason", is_sentence=True),
        ),
        rows=tuple(
            (
                row["customer_id"],
                words.count(row["recommendation_rank"]),
                row["product_name"],
                "yes" if row["is_repeat"] else "no",
                row["reason"],
            )
            for row in rows
        ),
        note="Those of whom most is expected; every customer's list is in results.recommendations.",
    )


def _similar(rows: list[Row]) -> Grid:
    return Grid(
        title="What to show beside the products recommended most",
        headings=(
            Heading(text="Beside"),
            Heading(text="show"),
            Heading(text="Reason", is_sentence=True),
            Heading(text="Similarity", is_number=True),
        ),
        rows=tuple(
            (row["product_name"], row["similar_product_name"], row["reason"], words.decimal(row["similarity"], 2))
            for row in rows
        ),
    )
