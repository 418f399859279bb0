"""Put mutated files beside good ones into a source, as a run does, and judge what became of each."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Self

from quality.faults.inputs.counting import content_of, lost_lines, parquet_rows
from quality.faults.inputs.originals import COLUMNS, Style, original
from sources.known_files import remember_files
from sources.loading import Inspection, LoadAgainError, inspect_source, load_files
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.merging import Merge, merge_loads
from warehouse.personal_key import PSEUDONYM, Key
from warehouse.protection import Protection, revealed, with_values
from warehouse.setting_aside import Tolerance
from warehouse.settings import SourceSettings, WarehouseSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import duckdb

    from quality.faults.inputs.counting import RawRow
    from quality.faults.inputs.mutation import Mutant

NAME = "orders"
KEY = Key(bytes(32))
TAKEN, REFUSED, SET_ASIDE, DEFECT = "taken", "refused", "load set aside", "defect"
NOW = datetime(2024, 12, 1)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
_MAPPED = COLUMNS[:-1]
_GOOD_FILES = 12
_REMEDY = re.compile(
    r"\b(Send|Export|Correct|Set|Give|Remove|Mend|Rename|set format|accept|See: tillflow|end its last line)\b"
)
# What is wrong with the file as a whole, or with its header: no line can be named.
_OF_THE_WHOLE = (
    "is empty",
    "no header",
    "compressed file",
    "needed column",
    "unknown kind",
    "Parquet file",
    "can't be read",
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutated file, and what was wrong with that.

    `is_altered` tells of a Parquet file that it was loaded with other values, which nothing in the file could tell.
    """

    kind: str
    what: str
    style: str
    outcome: str
    reason: str = ""
    problems: tuple[str, ...] = ()
    is_altered: bool = False
    case: str = ""


@dataclass(kw_only=True)
class Taken:
    """What a source's files became: the rows of each in raw, its load's counts and what is in core and quarantine."""

    inspection: Inspection
    rows: dict[str, list[RawRow]] = field(default_factory=dict)
    loads: dict[str, tuple[str, int, int, int, int, str | None]] = field(default_factory=dict)
    in_core: dict[str, dict[str, tuple[object, ...]]] = field(default_factory=dict)
    in_quarantine: dict[str, int] = field(default_factory=dict)


class Workbench:
    """A warehouse with a source of good files; mutated ones are loaded beside them and taken back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "orders"
        self.scratch = folder / "scratch"
        self.warehouse = WarehouseSettings(path=folder / "warehouse", threads=1)

    @classmethod
    def made(cls, folder: Path) -> Self:
        """Make the warehouse and load the good files."""
        bench = cls(folder)
        bench.folder.mkdir(parents=True)
        bench.scratch.mkdir()
        create_warehouse(bench.warehouse)
        for number in range(_GOOD_FILES):
            file = bench.folder / f"good-{number}.csv"
            file.write_bytes(original(Random(number), Style(), f"G{number}").data)  # noqa: S311 - no secret
            os.utime(file, (1_700_000_000, 1_700_000_000))
        with bench.opened() as connection, transaction(connection, "load", "run-0"):
            bench.load(connection, bench.source("utf-8"))
        return bench

    def opened(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the warehouse."""
        return open_warehouse(self.warehouse)

    def source(self, encoding: str) -> SourceSettings:
        """Return the settings of the source, whose files have that encoding."""
        columns = {name: name for name in _MAPPED}
        given = {"table": "order_lines", "path": self.folder, "columns": columns, "encoding": encoding}
        return SourceSettings.model_validate(given)

    def load(self, connection: duckdb.DuckDBPyConnection, source: SourceSettings) -> Inspection:
        """Look at the files, load the new ones and merge them; those that turn out unreadable are set aside."""
        inspection = inspect_source(connection, NAME, source, KEY)
        self._load(connection, source, inspection)
        return inspection

    def _load(self, connection: duckdb.DuckDBPyConnection, source: SourceSettings, inspection: Inspection) -> None:
        remember_files(connection, NAME, inspection.read_files, KEY)
        load_files(
            connection,
            NAME,
            source,
            inspection.new_files,
            protection=Protection(key=KEY),
            scratch=self.scratch,
            run_id="run-1",
            now=NOW,
        )
        merge = Merge(
            key=KEY,
            name=NAME,
            source=source,
            time_zone="UTC",
            catalogued=frozenset(),
            run_id="run-1",
            now=NOW,
            tolerance=Tolerance(share=0.5, rows=5),
        )
        merge_loads(connection, merge)
        complete_core(connection, "run-1")

    def judge(self, connection: duckdb.DuckDBPyConnection, mutants: Sequence[Mutant], number: int) -> list[Verdict]:
        """Load mutated files of one encoding together, judge each and take them back."""
        names = _names(mutants, number)
        try:
            taken = self._taken(connection, mutants, number)
        except Exception as error:  # noqa: BLE001 - whatever a run would end with is the finding
            if len(mutants) > 1:
                return [
                    verdict
                    for place, mutant in enumerate(mutants)
                    for verdict in self.judge(connection, [mutant], number * 1_000 + place)
                ]
            problem = f"the whole run ends: {type(error).__name__}: {str(error)[:600]}"
            return [_verdict(mutants[0], DEFECT, problems=(problem,))]
        known = {*taken.rows, *(file.file for file in taken.inspection.refused)}
        # The same content is loaded once, under the first of its names.
        loaded_as = {mutant.data: name for name, mutant in zip(names, mutants, strict=True) if name in known}
        return [
            _judged(mutant, taken, name if name in known else loaded_as.get(mutant.data, name))
            for name, mutant in zip(names, mutants, strict=True)
        ]

    def _taken(self, connection: duckdb.DuckDBPyConnection, mutants: Sequence[Mutant], number: int) -> Taken:
        files = [self.folder / name for name in _names(mutants, number)]
        for file, mutant in zip(files, mutants, strict=True):
            file.write_bytes(mutant.data)
        source = self.source(mutants[0].original.style.encoding)
        try:
            inspection = inspect_source(connection, NAME, source, KEY)
            while True:
                connection.execute("BEGIN")
                try:
                    self._load(connection, source, inspection)
                    return _read(connection, inspection)
                except LoadAgainError as error:
                    inspection = inspection.after(error)
                finally:
                    connection.execute("ROLLBACK")
        finally:
            for file in files:
                file.unlink()
            shutil.rmtree(self.scratch)
            self.scratch.mkdir()


def _names(mutants: Sequence[Mutant], number: int) -> list[str]:
    return [f"day-{number}-{place}{mutant.suffix}" for place, mutant in enumerate(mutants)]


def _read(connection: duckdb.DuckDBPyConnection, inspection: Inspection) -> Taken:
    taken = Taken(inspection=inspection)
    for file in inspection.new_files:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in file.columns)
        rows = connection.execute(
            f"SELECT _malformed, {names} FROM raw.{NAME} WHERE _load_id = ? ORDER BY _row_number", [file.load_id]
        ).fetchall()
        found = [pseudonym for row in rows for text in row if text for pseudonym in PSEUDONYM.findall(text)]
        values = revealed(connection, KEY, found)
        as_they_came = [tuple(text and with_values(text, values) for text in row) for row in rows]
        taken.rows[file.name] = [(row[1:], row[0]) for row in as_they_came]
        taken.loads[file.name] = connection.execute(
            "SELECT status, rows_read, rows_accepted, rows_duplicate, rows_quarantined, reason "
            "FROM ops.loads WHERE load_id = ?",
            [file.load_id],
        ).fetchall()[0]
        merged = connection.execute(
            "SELECT order_id, line_id, product_id, customer_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), "
            "quantity, unit_price, country FROM core.order_lines WHERE load_id = ?",
            [file.load_id],
        ).fetchall()
        taken.in_core[file.name] = {str(row[0]): row for row in merged}
        row = connection.execute("SELECT count(*) FROM ops.quarantine WHERE load_id = ?", [file.load_id]).fetchone()
        taken.in_quarantine[file.name] = int(row[0]) if row else 0
    return taken


def _verdict(mutant: Mutant, outcome: str, **more: object) -> Verdict:
    return Verdict(
        kind=mutant.kind,
        what=mutant.what,
        style=mutant.original.style.label,
        outcome=outcome,
        **more,  # type: ignore[arg-type]
    )


def _judged(mutant: Mutant, taken: Taken, name: str) -> Verdict:
    for file in taken.inspection.refused:
        if file.file == name:
            return _verdict(mutant, REFUSED, reason=file.reason, problems=tuple(_unclear(file.reason, name, mutant)))
    if name not in taken.rows:
        return _verdict(mutant, DEFECT, problems=("neither taken nor refused",))
    problems, is_altered = _lost(mutant, taken, name)
    status, *_, reason = taken.loads[name]
    if status == "set_aside":
        return _verdict(
            mutant,
            SET_ASIDE,
            reason=reason or "",
            # As the run says it, see tasks.recording.
            problems=(*problems, *_unclear(f"{reason} See: tillflow quarantine loads", name, mutant)),
            is_altered=is_altered,
        )
    return _verdict(mutant, TAKEN, problems=tuple(problems), is_altered=is_altered)


def _unclear(reason: str, name: str, mutant: Mutant) -> list[str]:
    """Return what a refusal does not say: source, file, line where there is one, and what to do."""
    lacking = []
    if f"source {NAME}" not in reason:
        lacking.append("the source")
    if name not in reason:
        lacking.append("the file")
    if not _REMEDY.search(reason):
        lacking.append("what to do")
    is_of_line = not mutant.suffix.endswith(".parquet") and not any(words in reason for words in _OF_THE_WHOLE)
    if is_of_line and "rows break a rule" not in reason and not re.search(r"\bline [\d,]+", reason):
        lacking.append("the line")
    return [f"the refusal does not name {', '.join(lacking)}: {reason}"] if lacking else []


def _lost(mutant: Mutant, taken: Taken, name: str) -> tuple[list[str], bool]:
    """Return what of a file that was taken is neither in core nor in quarantine, and whether it was altered unseen."""
    status, read, accepted, duplicate, quarantined, _ = taken.loads[name]
    rows = taken.rows[name]
    problems = []
    if read != len(rows):
        problems.append(f"{read} rows were counted, {len(rows)} are in raw")
    if status == "merged":
        if read != accepted + duplicate + quarantined:
            problems.append(f"{read} rows read, {accepted} + {duplicate} + {quarantined} accounted for")
        if quarantined != taken.in_quarantine[name]:
            problems.append(f"{quarantined} quarantined by the count, {taken.in_quarantine[name]} in quarantine")
        if len(taken.in_core[name]) > accepted:
            problems.append(f"{accepted} accepted, {len(taken.in_core[name])} in core")
        problems += _altered_in_core(mutant, taken.in_core[name], rows)
    if mutant.suffix == ".parquet":
        return _lost_of_parquet(mutant, rows, problems)
    text = content_of(mutant)
    if text is None:
        return [*problems, "taken, though Python can't read it"], False
    return [*problems, *lost_lines(mutant, text, rows)], False


def _altered_in_core(mutant: Mutant, core: dict[str, tuple[object, ...]], rows: Sequence[RawRow]) -> list[str]:
    """Return the rows that are in raw as they were in the good file, but in core with other values."""
    if mutant.kind in ("headers", "Parquet types", "Parquet pages"):
        return []
    problems = []
    good = {row[0]: row for row in mutant.original.rows}
    keys = Counter(values[:1] for values, _ in rows)
    for values, malformed in rows:
        if keys[values[:1]] > 1:
            # A mutation made two rows of one key: the later stands.
            continue
        row = good.get(values[0] or "") if malformed is None and values else None
        if row is None or tuple(value or "" for value in values) != row or row[0] not in core:
            continue
        found = core[row[0]]
        expected = (*row[:5], int(row[5]), float(row[6]), row[7])
        if tuple(found[:5]) != tuple(expected[:5]) or found[5] != expected[5] or float(str(found[6])) != expected[6]:
            problems.append(f"in core with other values: {row} became {found}")
    return problems


def _lost_of_parquet(mutant: Mutant, rows: Sequence[RawRow], problems: list[str]) -> tuple[list[str], bool]:
    if mutant.kind == "Parquet types":
        independent = parquet_rows(mutant.data)
        if independent is not None and len(independent) != len(rows):
            problems.append(f"PyArrow reads {len(independent)} rows, {len(rows)} were read")
        return problems, False
    good = sorted(row for row in mutant.original.rows)
    loaded = sorted(tuple(value or "" for value in values) for values, _ in rows)
    if loaded == good:
        return problems, False
    style = mutant.original.style
    independent = parquet_rows(mutant.data)
    if style.has_checksums or len(loaded) != len(good):
        found = "broken" if independent is None else f"{len(independent)} rows"
        problems.append(f"loaded with other values than it was written with ({len(loaded)} rows; PyArrow: {found})")
        return problems, False
    return problems, True
