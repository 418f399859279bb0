"""What the doctor finds: each fault is planted in a warehouse that is well."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

import pytest

from tests.warehouse.ingest import ingest, order_lines, write_lines
from warehouse.connection import open_warehouse, transaction
from warehouse.examination import Finding, examine
from warehouse.lake_files import data_files
from warehouse.permissions import close_to_others
from warehouse.settings import WarehouseSettings

GOOD = [(f"A{number}", 1, "p", "c", "2024-05-02 10:00:00", 1, 2, "Germany") for number in range(30)]
BAD = ("B1", 1, "p", "c", "2024-05-02 10:00:00", "three", 2, "Germany")


@pytest.fixture(scope="module")
def loaded(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with a load, one row of which is in quarantine."""
    folder = tmp_path_factory.mktemp("loaded")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    write_lines(folder / "orders" / "a.csv", *GOOD, BAD)
    settings = WarehouseSettings(path=folder / "warehouse", threads=1)
    ingest(settings, order_lines(folder / "orders"))
    close_to_others(settings)
    return settings.path


@pytest.fixture
def lake(loaded: Path, tmp_path: Path) -> WarehouseSettings:
    """A copy of it, to break."""
    return WarehouseSettings(path=shutil.copytree(loaded, tmp_path / "warehouse"), threads=1)


def problems(lake: WarehouseSettings, *, deep: bool = False) -> list[Finding]:
    return [finding for finding in examine(lake, deep=deep) if not finding.is_well]


def files(lake: WarehouseSettings, part: str) -> list[Path]:
    with open_warehouse(lake, read_only=True) as connection:
        return [Path(file.path) for file in data_files(connection, lake) if part in file.path]


def write(lake: WarehouseSettings, statement: str) -> None:
    with open_warehouse(lake) as connection, transaction(connection, "by hand", "x"):
        connection.execute(statement)


def test_a_warehouse_that_is_well(lake: WarehouseSettings) -> None:
    found = list(examine(lake, deep=True))
    assert [finding.problem for finding in found] == [""] * 8
    assert len(files(lake, "core/order_lines")) == 1
    assert all(file.exists() for file in files(lake, ""))


def test_files_of_earlier_snapshots_count_too(lake: WarehouseSettings) -> None:
    (before,) = files(lake, "core/order_lines")
    write(lake, "DELETE FROM core.order_lines")
    assert before in files(lake, "core/order_lines")
    before.unlink()
    assert f"{before} is missing" in problems(lake)[0].problem


def test_a_file_that_is_missing_or_cut_is_named(lake: WarehouseSettings) -> None:
    (gone,), (cut,) = files(lake, "core/order_lines"), files(lake, "raw/orders")
    gone.unlink()
    size = cut.stat().st_size
    cut.write_bytes(cut.read_bytes()[:-100])
    (finding,) = problems(lake)
    assert finding.question == "Every file that the catalog names is there, and as long as it says"
    assert f"{gone} is missing" in finding.problem
    assert f"{cut} has {size - 100:,} bytes, and the catalog says {size:,}" in finding.problem
    assert "restore the warehouse from a backup" in finding.advice


def test_a_file_that_is_damaged_inside_is_found_by_reading_it(lake: WarehouseSettings) -> None:
    (file,) = files(lake, "raw/orders")
    content = bytearray(file.read_bytes())
    content[4:200] = bytes(196)
    file.write_bytes(content)
    assert problems(lake) == []
    (finding,) = problems(lake, deep=True)
    assert f"{file} can't be read" in finding.problem


def test_loads_that_do_not_add_up_are_named(lake: WarehouseSettings) -> None:
    write(lake, "UPDATE ops.loads SET rows_accepted = rows_accepted - 1")
    (finding,) = problems(lake)
    assert "of orders has 31 rows read, and 29 accepted, 0 duplicate, 1 quarantined, 0 erased" in finding.problem


def test_rows_of_erased_persons_are_part_of_the_sum(lake: WarehouseSettings) -> None:
    write(lake, "UPDATE ops.loads SET rows_accepted = rows_accepted - 1, rows_erased = 1")
    assert problems(lake) == []
    (question,) = (finding.question for finding in examine(lake) if finding.question.startswith("Of every merged load"))
    assert question.endswith("accepted + duplicates + quarantined + erased, and quarantine holds as many")


def test_rows_that_left_quarantine_are_missed(lake: WarehouseSettings) -> None:
    write(lake, "DELETE FROM ops.quarantine")
    (finding,) = problems(lake)
    assert "1 rows quarantined, and 0 in quarantine" in finding.problem


def test_answers_of_a_run_nobody_knows_are_named(lake: WarehouseSettings) -> None:
    write(
        lake,
        "INSERT INTO results.model_parameters BY NAME SELECT 'segments' AS family, 'm' AS model, 'all' AS scope, "
        "'p' AS parameter, DATE '2024-05-02' AS as_of, 'run-9' AS run_id",
    )
    (finding,) = problems(lake)
    assert finding.problem == "results.model_parameters holds rows of run run-9, which ops.runs does not know"


def test_a_run_without_an_end_is_named_unless_it_goes_on(lake: WarehouseSettings) -> None:
    write(
        lake,
        "INSERT INTO ops.runs BY NAME SELECT 'run-1' AS run_id, 'started' AS status, '' AS message, '' AS fingerprint, "
        "'1' AS version, '{}' AS settings, 0 AS rows_read, TIMESTAMP '2024-05-02' AS started_at",
    )
    (finding,) = problems(lake)
    assert finding.problem == "run run-1 began at 2024-05-02 00:00 UTC"
    with (lake.path / "run.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert problems(lake) == []


def test_a_folder_that_others_may_read_is_told(lake: WarehouseSettings) -> None:
    lake.path.chmod(0o755)
    (finding,) = problems(lake)
    assert finding.problem == f"{lake.path} has the rights 0755, not 0700"


def test_a_full_disk_is_told(lake: WarehouseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.examination.free_disk_bytes", lambda _: 100_000_000)
    (finding,) = problems(lake)
    assert finding.problem == f"0.1 GB are free for {lake.path}"
