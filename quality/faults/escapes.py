"""The proof of escapes and injections: a person's query only reads, and no text of a file becomes a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from quality.faults.injections import CHANNELS, TEXTS, poison
from quality.faults.proof import Measured, Plan, Table, at_least, exactly
from quality.faults.runs import make_shop
from quality.server import standing_server
from tests.warehouse.test_reading import ESCAPES, MARK, everything, filled, rows
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.reading import RefusedError, only_reading, open_for_reading
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from pathlib import Path

ASKED = 100


def measure(plan: Plan) -> Measured:
    """Try every escape from a query, and every text in every place that it can reach."""
    escaped = _escapes(plan.folder)
    harm = {} if plan.is_quick else _injections(plan.folder, plan.seed)
    injections = len(TEXTS) * len(harm)
    return Measured(
        figures=(
            at_least("escapes and injections tried", ASKED, len(ESCAPES) + injections),
            exactly(f"of {len(ESCAPES)} escapes from a query, done", 0, len(escaped)),
            exactly(f"of {injections} injections by {len(TEXTS)} texts, done", 0, sum(map(len, harm.values()))),
        ),
        tables=(
            Table(
                title="Where the texts could have become commands",
                headers=("place", "texts", "became commands"),
                rows=tuple((name, str(len(TEXTS)), str(len(found))) for name, found in harm.items()),
            ),
        ),
        failures=(*escaped, *(f"{name}: {one}" for name, found in harm.items() for one in found)),
    )


def _escapes(folder: Path) -> list[str]:
    """Return the statements that were not refused, or changed something, or told what they may not."""
    settings = WarehouseSettings(path=folder / "reading" / "warehouse", threads=1)
    create_warehouse(settings)
    with open_warehouse(settings) as connection, transaction(connection, "x", "r"):
        connection.execute("INSERT INTO core.social_ties SELECT range::VARCHAR, 'b', NULL FROM range(1000)")
    (settings.path.parent / "outside.csv").write_text(f"word\n{MARK}\n", encoding="utf-8")
    done = []
    with open_for_reading(settings) as reader:
        before = (everything(settings), rows(reader))
        for sql, _ in ESCAPES:
            try:
                answer = reader.execute(only_reading(reader, filled(sql, settings))).fetchall()
            except (RefusedError, duckdb.Error) as error:
                if MARK in str(error):
                    done.append(f"{sql}: told in the error: {error}")
            else:
                done.append(f"{sql}: answered with {answer}")
            if (everything(settings), rows(reader)) != before:
                done.append(f"{sql}: changed the warehouse")
    return done


def _injections(folder: Path, seed: int) -> dict[str, list[str]]:
    """Run a shop that is full of the texts, and return what became of them in each place."""
    with standing_server(folder) as environment:
        shop = make_shop(folder / "shop", environment, seed)
        shop.bring()
        poison(shop)
        ended = shop.run("--set", "quality.maximum_quarantined_share=1")
        return {name: look(shop, ended) for name, look in CHANNELS.items()}
