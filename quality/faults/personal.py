"""Plant marked personal data in every place of a shop's files, run it whole, and read every byte that was written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from quality.faults.personal_marks import MARKS, WORD, marks_in, plant
from quality.faults.proof import Measured, Plan, Table, at_least, exactly
from quality.faults.runs import TILLFLOW, Shop, make_shop
from quality.server import standing_server
from warehouse.connection import open_warehouse
from warehouse.key_files import parse_key
from warehouse.protection import revealed
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LATER = (
    "O90,1,SKU-1,{mark}@example.org,2025-12-31 10:00:00,Ann {mark},1,France",
    "O91,1,SKU-1,{mark}@example.org,2025-12-31 10:00:00,1,1,France",
    "O92,Ann {mark},{mark}@example.org",
)
# Those whose answers name customers; what the others write has no more than these.
_FAMILIES = "customer_value,recommendations,segments"
_LEAST_VALUES = 500
_LEAST_FILES = 100


def measure(plan: Plan) -> Measured:
    """Run a shop with marks twice, ask every command about it, and search what all of that has written."""
    said = plan.folder / "terminal"
    said.mkdir()
    with standing_server(plan.folder) as environment:
        shop = make_shop(plan.folder / "shop", environment | {"TILLFLOW_WAREHOUSE__PATH": str(plan.folder / "lake")}, 2)
        shop.bring()
        plant(shop.folder)
        codes = dict(_asked(shop, said))
    written = [plan.folder / name for name in ("lake", "prefect", "terminal", "config")]
    found = marks_in(*written)
    told, marked = _what_the_key_tells(plan.folder)
    files = sum(file.is_file() for folder in written for file in folder.rglob("*"))
    ended = [command for command, code in codes.items() if code not in (0, 1)]
    return Measured(
        figures=(
            exactly("places where a mark stands, in files, their names, decoded values and statistics", 0, len(found)),
            at_least("files that were read", _LEAST_FILES, files),
            at_least("values in the protected schema, each opened by the key", _LEAST_VALUES, told),
            at_least("of these with a mark", _LEAST_VALUES // 2, marked),
            exactly("commands that ended otherwise than told", 0, len(ended)),
        ),
        tables=(
            Table(
                title="What was asked",
                headers=("Command", "Exit code"),
                rows=tuple((command, str(code)) for command, code in codes.items()),
            ),
        ),
        failures=(*found, *ended),
    )


def _asked(shop: Shop, said: Path) -> Iterator[tuple[str, int]]:
    """Run the shop, once more with a bad new file, and ask each command; what they say is kept in files."""
    yield _ask(shop, said, "run", "--only", _FAMILIES)
    header = next((shop.folder / "order_lines").glob("2025-0*.csv")).read_text(encoding="utf-8").partition("\n")[0]
    lines = [header, *(line.format(mark=f"{WORD}later") for line in _LATER)]
    (shop.folder / "order_lines" / f"later_{WORD}@example.org.csv").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    yield _ask(shop, said, "run", "--only", "segments")
    for command in (
        ("status",),
        ("report",),
        ("doctor", "--deep"),
        ("quarantine",),
        ("quarantine", "list", "--limit", "1000"),
        ("quarantine", "loads"),
        ("quarantine", "replay"),
        ("sql", "FROM ops.quarantine", "--format", "csv"),
        ("sql", "FROM raw.customers", "--format", "json"),
        ("sql", "FROM core.reviews", "--format", "markdown"),
        ("sql", "SELECT CAST(text AS INTEGER) FROM core.reviews"),
    ):
        yield _ask(shop, said, *command)


def _ask(shop: Shop, said: Path, *words: str) -> tuple[str, int]:
    more = ("--verbose",) if words[0] == "run" else ()
    done = subprocess.run(
        [TILLFLOW, *words, "--config", str(shop.folder / "tillflow.toml"), *more],
        env=shop.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    name = " ".join(words)
    (said / f"{len(list(said.iterdir())):02}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    # A person's own mistake in SQL is wrong usage.
    return name, 0 if "CAST" in name and done.returncode == 2 else done.returncode  # noqa: PLR2004 - the exit code


def _what_the_key_tells(folder: Path) -> tuple[int, int]:
    """Return how many protected values there are, and how many hold a mark; each must open."""
    key = parse_key((folder / "config" / "tillflow" / "personal.key").read_text(encoding="ascii"), "the key's file")
    with open_warehouse(WarehouseSettings(path=folder / "lake"), read_only=True) as connection:
        rows = connection.execute("SELECT pseudonym FROM protected.personal_values").fetchall()
        values = revealed(connection, key, [str(row[0]) for row in rows])
    return len(values), sum(MARKS.search(value) is not None for value in values.values())
