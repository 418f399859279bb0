"""Plant marked personal data in every place of a shop's files, run it whole, and read every byte that was written."""

from __future__ import annotations

import csv
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.faults.personal_marks import MARKS, WORD, marks_in, persons_of, plant
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

    from warehouse.personal_key import Key

_LATER = (
    "O90,1,SKU-1,{mark}@example.org,2025-12-31 10:00:00,Ann {mark},1,France",
    "O91,1,SKU-1,{mark}@example.org,2025-12-31 10:00:00,1,1,France",
    "O92,Ann {mark},{mark}@example.org",
)
# Those whose answers name customers; what the others write has no more than these.
_FAMILIES = "customer_value,recommendations,segments"
_LEAST_VALUES = 500
_LEAST_FILES = 100
_ERASED = 4
_KEPT = 3


def measure(plan: Plan) -> Measured:
    """Run a shop with marks twice, ask every command about it, and search what all of that has written."""
    said = plan.folder / "terminal"
    said.mkdir()
    lake = {"TILLFLOW_WAREHOUSE__PATH": str(plan.folder / "lake")}
    with standing_server(plan.folder) as environment:
        shop = make_shop(plan.folder / "shop", environment | lake, 2)
        shop.bring()
        plant(shop.folder)
        codes = dict(_asked(shop, said))
    # Prefect's database is read when nobody writes to it.
    written = [plan.folder / name for name in ("lake", "prefect", "terminal", "config")]
    found = marks_in(*written)
    values = _what_the_key_tells(plan.folder)
    marked = sum(MARKS.search(value) is not None for value in values.values())
    files = sum(file.is_file() for folder in written for file in folder.rglob("*"))
    with standing_server(plan.folder) as environment:
        shop.environment = environment | lake
        erasure = _erase(shop, said, plan.folder)
    codes |= erasure.codes
    ended = [f"{command} ended with {code}" for command, code in codes.items() if code not in (0, 1)]
    if ended:
        ended += [f"what {file.name} said last: {file.read_text()[-300:]}" for file in sorted(said.iterdir())[-_KEPT:]]
    return Measured(
        figures=(
            exactly("places where a mark stands, in files, their names, decoded values and statistics", 0, len(found)),
            at_least("files that were read", _LEAST_FILES, files),
            at_least("values in the protected schema, each opened by the key", _LEAST_VALUES, len(values)),
            at_least("of these with a mark", _LEAST_VALUES // 2, marked),
            at_least("customers erased then, some known by an e-mail address", _ERASED, erasure.customer_count),
            at_least(
                "places in files and protected values where what is theirs stood before",
                2 * _ERASED,
                len(erasure.before),
            ),
            exactly(
                "places where one of these stands after it",
                0,
                len(erasure.after),
            ),
            exactly("commands that ended otherwise than told", 0, sum(code not in (0, 1) for code in codes.values())),
        ),
        tables=(
            Table(
                title="What was asked",
                headers=("Command", "Exit code"),
                rows=tuple((command, str(code)) for command, code in codes.items()),
            ),
        ),
        failures=(*found, *ended, *erasure.after),
    )


@dataclass(frozen=True, kw_only=True)
class _Erasure:
    """What was erased: how many persons, the commands' exit codes, and where they stood before and after."""

    customer_count: int
    codes: dict[str, int]
    before: list[str]
    after: list[str]


def _erase(shop: Shop, said: Path, folder: Path) -> _Erasure:
    """Erase customers who bought, of both kinds of ids, and search all of the warehouse for them."""
    persons = persons_of(shop.folder, _buyers(shop.folder))
    key = _key(folder)
    texts = {text for told in persons.values() for text in told if text}
    pseudonyms = {key.pseudonym(text) for text in texts}
    marks = re.compile("|".join(rf"(?<![\w.]){re.escape(text)}(?!\w)" for text in sorted(texts | pseudonyms)))
    before = _places(folder, marks)
    named = [word for customer in persons for word in ("--customer", customer)]
    asked = (("erase", *named, "--yes"), ("run", "--only", "segments"), ("doctor", "--deep"))
    codes = {f"{words[0]}, of persons erased": _ask(shop, said, *words)[1] for words in asked}
    return _Erasure(customer_count=len(persons), codes=codes, before=before, after=_places(folder, marks))


def _buyers(folder: Path) -> list[str]:
    """Return the customers on the shop's list who bought most, e-mail addresses and numbers in turn."""
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["customer_number"] for row in csv.DictReader(stream)}
    lines: Counter[str] = Counter()
    for file in sorted((folder / "order_lines").glob("2025-*.csv")):
        with file.open(encoding="utf-8", errors="replace", newline="") as stream:
            lines.update(
                row["customer_number"] for row in csv.DictReader(stream) if row.get("customer_number") in known
            )
    ranked = [customer for customer, _ in lines.most_common()]
    named, numbered = ([one for one in ranked if ("@" in one) is is_named] for is_named in (True, False))
    return [one for pair in zip(named, numbered, strict=False) for one in pair][:_ERASED]


def _places(folder: Path, marks: re.Pattern[str]) -> list[str]:
    """Return where marks stand in the warehouse: in its files, or in what the key opens."""
    opened = _what_the_key_tells(folder)
    inside = [f"protected value {pseudonym}: {value}" for pseudonym, value in opened.items() if marks.search(value)]
    return [*marks_in(folder / "lake", marks=marks), *inside]


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


def _what_the_key_tells(folder: Path) -> dict[str, str]:
    """Return all protected values by their pseudonyms; each must open."""
    with open_warehouse(WarehouseSettings(path=folder / "lake"), read_only=True) as connection:
        rows = connection.execute("SELECT pseudonym FROM protected.personal_values").fetchall()
        return revealed(connection, _key(folder), [str(row[0]) for row in rows])


def _key(folder: Path) -> Key:
    return parse_key((folder / "config" / "tillflow" / "personal.key").read_text(encoding="ascii"), "the key's file")
