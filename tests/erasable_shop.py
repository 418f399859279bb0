"""A tiny shop whose customer is to be erased: the id stands in every place that a shop could put it in."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from sources.loading import inspect_source, load_files
from tests.keys import KEY
from tests.warehouse.ingest import ask
from warehouse.catalog import find
from warehouse.completing import complete_core
from warehouse.connection import open_warehouse, transaction
from warehouse.erasing.erasure import Command, erase, finish
from warehouse.erasing.refusing import refusal_of
from warehouse.examination import examine
from warehouse.lake_files import catalog_tables
from warehouse.merging import Merge, in_merge_order, merge_loads
from warehouse.protection import Protection, adopt_key, revealed
from warehouse.settings import Settings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from warehouse.contracts import Column, Table
    from warehouse.erasing.accounts import Receipt

PERSON = "CUST-0042"
NOW = datetime(2024, 6, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
OTHERS = [*(f"CUST-{number:04}" for number in (*range(30), *range(50, 79))), f"{PERSON}1"]
_COLUMNS = {
    "orders": ("order_id", "product_id", "customer_id", "ordered_at", "quantity", "unit_price", "country"),
    "customers": ("customer_id", "country"),
    "ties": ("customer_id", "friend_id"),
    "reviews": ("review_id", "product_id", "customer_id", "rating", "text", "reviewed_at"),
    "answers": ("customer_id", "purpose", "channel", "is_granted", "decided_at"),
}
_TABLES = {
    "orders": "order_lines",
    "customers": "customers",
    "ties": "social_ties",
    "reviews": "reviews",
    "answers": "consents",
}


def settings_of(lake: WarehouseSettings, folder: Path, **privacy: object) -> Settings:
    """The settings of the shop whose files lie in `folder`."""
    return Settings.model_validate(
        {
            "warehouse": lake.model_dump(),
            "privacy": privacy,
            "sources": {
                name: {
                    "table": table,
                    "path": folder / name,
                    "columns": {column: column for column in _COLUMNS[name]},
                    **({"return_pattern": "^C"} if name == "orders" else {}),
                }
                for name, table in _TABLES.items()
            },
        }
    )


def write_file(folder: Path, source: str, name: str, rows: Sequence[tuple[object, ...]], extra: str = "") -> None:
    """Write a file of a source; its last column, which no source maps, is called note."""
    lines = [",".join((*_COLUMNS[source], "note")), *(",".join(map(str, row)) for row in rows)]
    (folder / source).mkdir(parents=True, exist_ok=True)
    (folder / source / name).write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")


def order(number: str, customer: str, price: int = 2, day: int = 2) -> tuple[object, ...]:
    return (number, "p1", customer, f"2024-05-{day:02} 10:00:00", 1, price, "Germany", "")


def _bad(number: str, customer: str) -> tuple[object, ...]:
    return (*order(number, customer)[:4], "many", 2, "Germany", "")


def write_first_files(folder: Path, mentioned: str = PERSON, bad_count: int = 15) -> None:
    """Write what the shop sends first; another customer's text mentions somebody, and some rows are bad."""
    lines = [order(f"A{place}", customer) for place, customer in enumerate(OTHERS)]
    lines += [order("A900", PERSON, 7), (*order("A900", "", 8)[:-1], f"of {PERSON}"), order("C9", PERSON, 3)]
    lines += [
        _bad("A901", PERSON),
        *(_bad(f"A91{place}", customer) for place, customer in enumerate(OTHERS[:bad_count])),
    ]
    write_file(folder, "orders", "a.csv", lines, extra=f'A902,p1,{PERSON},"2024-05-02,1,2,Germany,,,,\n')
    write_file(
        folder,
        "customers",
        "a.csv",
        [(customer, "Germany", f"{customer}@shop.example") for customer in (*OTHERS, PERSON)],
    )
    ties = [(OTHERS[place], OTHERS[place + 1], "") for place in range(20)]
    write_file(folder, "ties", "a.csv", [*ties, (PERSON, OTHERS[0], ""), (OTHERS[3], PERSON, "")])
    reviews = [(f"r{place}", "p1", customer, 5, "fine", "2024-05-03", "") for place, customer in enumerate(OTHERS)]
    reviews += [
        ("r900", "p1", PERSON, 1, "bad", "2024-05-03", ""),
        ("r901", "p1", OTHERS[0], 1, f"ask {mentioned}!", "2024-05-03", ""),
    ]
    write_file(folder, "reviews", "a.csv", reviews)
    answers = [(customer, "marketing", "email", "no", "2024-05-03", "") for customer in (*OTHERS[:20], PERSON)]
    write_file(folder, "answers", "a.csv", answers)


def write_later_files(folder: Path) -> None:
    """Write what it sends the next day: few rows, which the catalog keeps itself, and changed ones."""
    write_file(folder, "orders", "b.csv", [order("B1", OTHERS[0], day=3), order("B2", PERSON, 5, day=3)])
    # So many bad rows that the file is set aside.
    bad = [_bad(f"B1{place}", customer) for place, customer in enumerate(OTHERS[:12])]
    line = f'B31,p1,{PERSON},"2024-05-02,1,2,Germany,,,,\n'
    write_file(folder, "orders", "c.csv", [*bad, order("B30", PERSON, 6, day=3)], extra=line)
    write_file(folder, "customers", "b.csv", [(PERSON, "France", ""), (OTHERS[1], "France", "")])


def run(settings: Settings, run_id: str) -> None:
    """Load what is new, merge it, and answer."""
    with open_warehouse(settings.warehouse) as connection:
        with transaction(connection, "load raw", run_id):
            protection = Protection(key=adopt_key(connection, settings, NOW))
            for name, source in settings.sources.items():
                load_files(
                    connection,
                    name,
                    source,
                    inspect_source(connection, name, source, KEY).new_files,
                    protection=protection,
                    scratch=settings.warehouse.path,
                    run_id=run_id,
                    now=NOW,
                    refusal=refusal_of(connection, settings, NOW),
                )
        with transaction(connection, "merge core", run_id):
            for name in in_merge_order(settings, settings.sources):
                merge_loads(connection, Merge.of(settings, name, key=KEY, run_id=run_id, now=NOW))
            complete_core(connection)
        with transaction(connection, "publish results", run_id):
            answer(connection, run_id)


def answer(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Write features and results of made-up values, for every customer and order of core."""
    for name in ("features.buyers", "features.customer_history", "features.ties", "features.interactions"):
        connection.execute(f"DELETE FROM {name}")
    customers = "SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS customer_code FROM core.customers"
    for name in ("features.buyers", "features.customer_history", "features.interactions", "results.customer_segments"):
        fill(connection, find(name), customers, run_id)
    fill(
        connection,
        find("features.ties"),
        f"SELECT customer_code, customer_code AS friend_code FROM ({customers})",
        run_id,
    )
    connection.execute("DELETE FROM results.recommendations")
    fill(connection, find("results.recommendations"), customers, run_id)
    connection.execute("DELETE FROM results.anomalies")
    fill(
        connection,
        find("results.anomalies"),
        "SELECT 'order:' || order_id AS anomaly_id, 'order' AS kind, order_id AS subject FROM core.orders",
        run_id,
    )


def fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, run_id: str) -> None:
    """Add `rows` to a table, with made-up values in the columns that they do not give."""
    given = {str(row[0]) for row in connection.execute(f"DESCRIBE {rows}").fetchall()}
    values = ", ".join(
        column.name if column.name in given else f"{_made_up(column, run_id)} AS {column.name}"
        for column in table.columns
    )
    connection.execute(f"INSERT INTO {table.qualified_name} BY NAME SELECT {values} FROM ({rows})")


def _made_up(column: Column, run_id: str) -> str:
    if column.name == "run_id":
        return f"'{run_id}'"
    value: object = date(2024, 5, 1) if column.type in ("DATE", "TIMESTAMP") else 1
    if column.type == "VARCHAR":
        value = column.allowed[0] if column.allowed else "x"
    return f"TRY_CAST('{value}' AS {column.type})"


# Which rows of a table are others'.
OF_OTHERS = {
    "raw.orders": f"customer_id LIKE 'CUST-%' AND customer_id <> '{PERSON}' AND _malformed IS NULL",
    "raw.customers": f"customer_id <> '{PERSON}'",
    "raw.answers": f"customer_id <> '{PERSON}'",
    "raw.reviews": f"customer_id <> '{PERSON}' AND review_id <> 'r901'",
    "core.order_lines": f"customer_id <> '{PERSON}'",
    "core.orders": f"customer_id <> '{PERSON}'",
    "core.consents": f"customer_id <> '{PERSON}'",
    "core.customers": f"customer_id <> '{PERSON}'",
    "core.social_ties": f"customer_id <> '{PERSON}' AND friend_id <> '{PERSON}'",
    "core.daily_metrics": "true",
    "features.buyers": f"customer_id <> '{PERSON}'",
    "results.customer_segments": f"customer_id <> '{PERSON}'",
}
SALES = "SELECT sum(amount), sum(quantity), count(*), count(DISTINCT order_id) FROM core.order_lines"


def command(*customers: str) -> Command:
    return Command(customers=customers or (PERSON,), erasure_id="erasure-1", clock=lambda: NOW)


def erased(settings: Settings, *customers: str) -> list[Receipt]:
    return finish(settings, erase(settings, command(*customers)), command(*customers))


def shop(lake: WarehouseSettings, folder: Path) -> Settings:
    settings = settings_of(lake, folder / "files")
    write_first_files(folder / "files")
    run(settings, "run-1")
    write_later_files(folder / "files")
    run(settings, "run-2")
    return settings


def settings_in(folder: Path, **privacy: object) -> Settings:
    lake = WarehouseSettings(path=folder / "warehouse", threads=1)
    return settings_of(lake, folder / "files", **privacy)


def said_of_others(settings: Settings) -> dict[int, dict[str, list[tuple[object, ...]]]]:
    """What each table says of others, and what was sold, at every snapshot from the first merge on."""
    rows = ask(
        settings.warehouse,
        "SELECT snapshot_id FROM lake.snapshots() WHERE commit_message IN ('merge core', 'publish results')",
    )
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        return {
            int(str(snapshot)): {
                "sales": connection.execute(f"{SALES} AT (VERSION => {snapshot})").fetchall(),
                **{
                    name: connection.execute(
                        f"SELECT count(*), sum(hash(rows)) FROM (FROM {name} AT (VERSION => {snapshot})) AS rows "
                        f"WHERE {whose}"
                    ).fetchall()
                    for name, whose in OF_OTHERS.items()
                },
            }
            for (snapshot,) in rows
        }


def problems(settings: Settings) -> dict[str, str]:
    found = examine(settings.warehouse, deep=True)
    about = ("every file", "every row", "adds up", "rows read")
    return {
        finding.question: finding.problem
        for finding in found
        if finding.problem and any(words in finding.question.lower() for words in about)
    }


def every_text(settings: Settings) -> list[object]:
    """What an independent look at the catalog, the files and the bytes finds of the person."""
    needle, files = re.compile(rf"{PERSON}(?!1)"), sorted(settings.warehouse.path.rglob("*"))
    found: list[object] = [
        file for file in files if file.is_file() and needle.search(file.read_text(encoding="latin-1"))
    ]
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        for file in sorted(settings.warehouse.path.rglob("*.parquet")):
            rows = connection.execute(f"SELECT held::VARCHAR FROM read_parquet('{file}') AS held").fetchall()
            found += [file for row in rows if needle.search(str(row))]
        known = connection.execute("SELECT pseudonym FROM protected.personal_values").fetchall()
        values = revealed(connection, KEY, [str(row[0]) for row in known])
        found += [pseudonym for pseudonym, value in values.items() if needle.search(value) or value == "bad"]
        names = catalog_tables(connection, settings.warehouse)
        assert "ducklake_file_column_stats" in names
        for name in names:
            # PostgreSQL keeps texts as bytes.
            rows = connection.execute(f"FROM __ducklake_metadata_lake.{name}").fetchall()
            found += [name for row in rows if needle.search(str(row))]
    return found
