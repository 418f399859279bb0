"""What a table that differs from its contract needs, or why it can't be altered."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from warehouse.contracts import Column, Table
from warehouse.ddl import column_comment, comment_sql, table_comment
from warehouse.differences import FoundColumn, FoundTable, Plan, alteration, is_of_another_form, recreation, widens

PRICES = Table(
    schema="core",
    name="prices",
    grain="one row per price",
    description="Prices.",
    key=("price_id",),
    columns=(
        Column(name="price_id", type="VARCHAR", description="The price."),
        Column(name="cents", type="BIGINT", description="The amount.", unit="cents", nullable=True),
    ),
)
AS_FOUND = FoundTable(
    comment=table_comment(PRICES),
    columns={
        column.name: FoundColumn(column.type, column.nullable, column_comment(column)) for column in PRICES.columns
    },
    key=PRICES.key,
)


def found(name: str, **given: Any) -> FoundTable:  # noqa: ANN401 - as replace takes them
    """The table as its contract says but for one column."""
    column = dataclasses.replace(AS_FOUND.columns[name], **given)
    return dataclasses.replace(AS_FOUND, columns={**AS_FOUND.columns, name: column})


def without(name: str) -> FoundTable:
    return dataclasses.replace(
        AS_FOUND, columns={key: column for key, column in AS_FOUND.columns.items() if key != name}
    )


def test_a_table_that_keeps_its_contract_needs_nothing() -> None:
    assert alteration(PRICES, AS_FOUND) == Plan()
    assert not is_of_another_form(PRICES, AS_FOUND)


@pytest.mark.parametrize(
    ("table", "change", "statements"),
    [
        (
            without("cents"),
            "core.prices has a new column cents",
            [
                'ALTER TABLE "core"."prices" ADD COLUMN "cents" BIGINT',
                """COMMENT ON COLUMN "core"."prices"."cents" IS 'The amount. Unit: cents.'""",
            ],
        ),
        (
            found("cents", type="INTEGER"),
            "core.prices.cents is BIGINT instead of INTEGER",
            [
                'ALTER TABLE "core"."prices" RENAME TO "prices_before"',
                'CREATE TABLE IF NOT EXISTS "core"."prices" ("price_id" VARCHAR NOT NULL, "cents" BIGINT)',
                (
                    'INSERT INTO "core"."prices" ("price_id", "cents") '
                    'SELECT "price_id", "cents" FROM "core"."prices_before"'
                ),
                'DROP TABLE "core"."prices_before"',
                *comment_sql(PRICES),
            ],
        ),
        (
            found("cents", is_nullable=False),
            "core.prices.cents may be empty",
            ['ALTER TABLE "core"."prices" ALTER COLUMN "cents" DROP NOT NULL'],
        ),
        (
            found("price_id", comment="Price."),
            "core.prices.price_id is described anew",
            ["""COMMENT ON COLUMN "core"."prices"."price_id" IS 'The price.'"""],
        ),
        (
            dataclasses.replace(AS_FOUND, comment="Old."),
            "core.prices is described anew",
            ["""COMMENT ON TABLE "core"."prices" IS 'One row per price. Prices.'"""],
        ),
    ],
)
def test_what_loses_nothing_is_altered(table: FoundTable, change: str, statements: list[str]) -> None:
    assert alteration(PRICES, table) == Plan(statements=statements, changes=[change])


@pytest.mark.parametrize(
    ("table", "refusal"),
    [
        (without("price_id"), "core.prices.price_id is new and must have a value, which its rows lack"),
        (
            dataclasses.replace(AS_FOUND, columns={**AS_FOUND.columns, "colour": FoundColumn("VARCHAR", True, "")}),  # noqa: FBT003 - is_nullable
            "core.prices.colour is not in the contract, and its values would be lost",
        ),
        (found("cents", type="DOUBLE"), "core.prices.cents is DOUBLE, and not every such value is BIGINT"),
        (found("price_id", is_nullable=True), "core.prices.price_id may be empty, the contract demands a value"),
        (
            dataclasses.replace(AS_FOUND, key=("price_id", "cents")),
            "core.prices has one row per (price_id, cents), the contract one per (price_id)",
        ),
    ],
)
def test_what_would_lose_or_make_up_values_is_refused(table: FoundTable, refusal: str) -> None:
    assert alteration(PRICES, table) == Plan(refusals=[refusal])
    assert is_of_another_form(PRICES, table)


def test_a_key_that_nobody_kept_is_the_contracts() -> None:
    assert alteration(PRICES, dataclasses.replace(AS_FOUND, key=None)) == Plan()


def test_other_words_are_no_other_form() -> None:
    assert not is_of_another_form(PRICES, dataclasses.replace(found("cents", comment="Old."), comment="Old."))


def test_a_table_is_made_anew_in_one_go() -> None:
    plan = recreation(PRICES, "each run builds it")
    assert plan.changes == ["core.prices is made anew: each run builds it"]
    assert plan.statements[:2] == [
        'DROP TABLE "core"."prices"',
        'CREATE TABLE IF NOT EXISTS "core"."prices" ("price_id" VARCHAR NOT NULL, "cents" BIGINT)',
    ]


@pytest.mark.parametrize(
    ("narrow", "wide", "does"),
    [
        ("INTEGER", "BIGINT", True),
        ("BIGINT", "INTEGER", False),
        ("BIGINT", "DOUBLE", False),
        ("FLOAT", "DOUBLE", True),
        ("DATE", "TIMESTAMP", True),
        ("TIMESTAMP", "DATE", False),
        ("DECIMAL(18,4)", "DECIMAL(20,4)", True),
        ("DECIMAL(18,4)", "DECIMAL(18,4)", False),
        ("DECIMAL(18,4)", "DECIMAL(20,6)", True),
        ("DECIMAL(18,4)", "DECIMAL(19,6)", False),
        ("DECIMAL(18,4)", "DECIMAL(20,2)", False),
        ("DECIMAL(18,4)", "DECIMAL(16,4)", False),
        ("VARCHAR", "BIGINT", False),
    ],
)
def test_a_type_is_wider_when_it_has_every_value_of_the_other(narrow: str, wide: str, *, does: bool) -> None:
    assert widens(narrow, wide) is does
