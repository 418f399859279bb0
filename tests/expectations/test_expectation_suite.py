from __future__ import annotations

import pytest

from expectations.suite import Kind, checks_of, number_text
from warehouse.catalog import all_tables
from warehouse.contracts import Check, Column, Severity, Table

TABLE = Table(
    schema="core",
    name="lines",
    grain="one row per line",
    description="Lines.",
    key=("order_id", "line_id"),
    columns=(
        Column(name="order_id", type="VARCHAR", description="Order."),
        Column(name="line_id", type="VARCHAR", description="Line."),
        Column(name="kind", type="VARCHAR", description="Kind.", nullable=True, allowed=("sale", "customer's")),
        Column(name="product_id", type="VARCHAR", description="Product.", references="core.products.product_id"),
        Column(name="quantity", type="BIGINT", description="Units.", minimum=-10_000_000, maximum=10_000_000),
        Column(name="share", type="DOUBLE", description="Share.", minimum=0.05, severity=Severity.WARN),
        Column(name="price", type="DOUBLE", description="Price.", nullable=True, maximum=0),
    ),
    checks=(Check(name="odd", violation="quantity % 2 = 1", meaning="a quantity is odd", advice="make it even"),),
    minimum_rows=1,
)


def test_a_suite_says_everything_of_the_contract_in_words() -> None:
    assert [rule.name for rule in checks_of(TABLE)] == [
        "lines has at least 1 row",
        "lines has the columns of its contract",
        "lines.order_id is never empty",
        "lines.line_id is never empty",
        "lines.kind one of sale, customer's",
        "lines.product_id is never empty",
        "lines.product_id exists in core.products.product_id",
        "lines.quantity is never empty",
        "lines.quantity between -10000000 and 10000000",
        "lines.share is never empty",
        "lines.share at least 0.05",
        "lines.price at most 0",
        "lines (order_id, line_id) is unique",
        "lines: odd",
    ]


def test_severity_comes_from_the_column() -> None:
    severities = {rule.name: rule.severity for rule in checks_of(TABLE)}
    assert severities["lines.share at least 0.05"] is Severity.WARN
    assert severities["lines.share is never empty"] is Severity.WARN
    assert severities["lines.quantity is never empty"] is Severity.FAIL


@pytest.mark.parametrize("table", all_tables(), ids=lambda table: table.qualified_name)
def test_every_contract_has_a_floor_and_rules_of_their_own_names(table: Table) -> None:
    rules = checks_of(table)
    assert rules[0].kind is Kind.ROW_COUNT
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.expected and rule.advice for rule in rules)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (-10_000_000.0, "-10000000"), (0.05, "0.05"), (1e300, None)])
def test_limits_are_written_in_full(value: float, text: str | None) -> None:
    assert number_text(value) == (text or str(int(value)))
