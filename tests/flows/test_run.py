"""Whole runs, as a person starts them: a process, a Prefect server, a warehouse in a folder.

The tests are one story: each goes on where the one before it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sources.demo_shop import DemoShop, generate
from tests.demo_warehouse import LIGHT
from warehouse.connection import open_warehouse
from warehouse.settings_file import load_settings

# Each test goes on from where the one before it left the warehouse.
pytestmark = [pytest.mark.server, pytest.mark.long]

TILLFLOW = str(Path(sys.executable).parent / "tillflow")
HEADER = "order_number,line_number,sku,customer_number,ordered_at,quantity,unit_price,country"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> DemoShop:
    return generate(tmp_path_factory.mktemp("shop") / "demo", order_lines=4_000, seed=3)


@pytest.fixture(scope="module")
def first_run(shop: DemoShop, alone: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The run after one that was killed in the middle of its merge."""
    killed = subprocess.Popen(
        run_command(shop),
        env=alone,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert killed.stdout is not None
    for line in killed.stdout:
        if "accepted" in line:
            break
    children = psutil.Process(killed.pid).children(recursive=True)
    assert len(children) > 1  # at least the server and what families are forked from
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert psutil.wait_procs(children, timeout=300)[1] == []
    killed.stdout.close()
    assert ask(shop, "SELECT DISTINCT status FROM ops.loads") == [("raw",)]
    assert ask(shop, "SELECT count(*) FROM core.order_lines") == [(0,)]
    return run(alone, shop)


@pytest.fixture(scope="module")
def served(server: dict[str, str], first_run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The environment of the runs after the first."""
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    return server


def run_command(shop: DemoShop, *more: str) -> list[str]:
    settings = [part for setting in (*LIGHT, *more) for part in ("--set", setting)]
    return [TILLFLOW, "run", "--config", str(shop.settings_file), *settings]


def run(environment: dict[str, str], shop: DemoShop, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(run_command(shop, *more), env=environment, capture_output=True, text=True, check=False)


def quarantine(environment: dict[str, str], shop: DemoShop, *words: str) -> subprocess.CompletedProcess[str]:
    command = [TILLFLOW, "quarantine", *words, "--config", str(shop.settings_file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def ask(shop: DemoShop, sql: str) -> list[tuple[object, ...]]:
    with open_warehouse(load_settings(shop.settings_file, ()).warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_run_after_a_killed_one_loses_nothing_and_publishes_everything(
    first_run: subprocess.CompletedProcess[str], shop: DemoShop
) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    assert "Traceback" not in first_run.stdout + first_run.stderr
    assert ask(shop, "SELECT status FROM ops.runs ORDER BY started_at") == [("crashed",), ("published",)]
    families = ask(shop, "SELECT family, status, reason FROM ops.family_runs")
    assert {status for _, status, _ in families} <= {"published", "skipped"}, families
    assert len(families) == 9
    loads = ask(
        shop,
        "SELECT source, sum(rows_read)::INT, sum(rows_quarantined + rows_duplicate)::INT, "
        "bool_and(status = 'merged' AND rows_read = rows_accepted + rows_duplicate + rows_quarantined) "
        "FROM ops.loads GROUP BY source",
    )
    assert {source: read for source, read, *_ in loads} == dict(shop.row_counts)
    assert {source: dirty for source, _, dirty, _ in loads} == dict(shop.dirty_row_counts)
    assert all(adds_up for *_, adds_up in loads)
    warehouse = shop.folder / "warehouse"
    assert "Demo shop" in (warehouse / "report" / "index.html").read_text(encoding="utf-8")
    assert (warehouse / "report" / "data_docs" / "index.html").exists()
    assert not list((warehouse / "scratch").glob("2*"))


def test_a_second_run_finds_nothing_new(shop: DemoShop, served: dict[str, str]) -> None:
    before = ask(shop, "SELECT count(*), max(ordered_on) FROM core.order_lines")
    again = run(served, shop)
    assert again.returncode == 0, again.stderr
    assert "nothing new" in again.stdout
    assert ask(shop, "SELECT count(*), max(ordered_on) FROM core.order_lines") == before
    statuses = [status for (status,) in ask(shop, "SELECT status FROM ops.runs ORDER BY started_at")]
    assert statuses == ["crashed", "published", "unchanged"]


def test_a_new_day_loads_that_day_only_and_an_earlier_run_still_answers(shop: DemoShop, served: dict[str, str]) -> None:
    first_id, first_as_of = ask(shop, "SELECT run_id, as_of::VARCHAR FROM ops.runs WHERE status = 'published'")[0]
    found = ask(shop, "SELECT max(customer_id), max(product_id) FROM core.order_lines WHERE is_product")
    customer, product = found[0]
    line = f"NEW-1,1,{product},{customer},2026-01-01 10:00:00,1,9.99,Germany"
    (shop.folder / "order_lines" / "2026-01-01.csv").write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    third = run(served, shop)
    assert third.returncode == 0, third.stdout + third.stderr
    assert "order_lines: 1 rows read from 1 files" in third.stdout
    as_of = "SELECT DISTINCT as_of::VARCHAR AS as_of FROM results.customer_value"
    assert ask(shop, as_of) == [("2026-01-01",)]
    earlier = subprocess.run(
        [TILLFLOW, "sql", as_of, "--config", str(shop.settings_file), "--format", "json", "--run", str(first_id)],
        env=served,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(earlier.stdout) == [{"as_of": first_as_of}]


def test_a_run_of_some_families_leaves_the_others_as_they_were(shop: DemoShop, served: dict[str, str]) -> None:
    answers = "SELECT DISTINCT run_id FROM results.{}"
    before = ask(shop, answers.format("basket_rules"))
    command = [*run_command(shop), "--only", "segments", "--force"]
    done = subprocess.run(command, env=served, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ((run_id,),) = ask(shop, "SELECT arg_max(run_id, started_at) FROM ops.runs")
    fitted = ask(shop, f"SELECT family FROM ops.family_runs WHERE run_id = '{run_id}' AND status <> 'standing'")
    assert fitted == [("segments",)]
    assert ask(shop, answers.format("customer_segments WHERE as_of = '2026-01-01'")) == [(run_id,)]
    assert ask(shop, answers.format("basket_rules")) == before
    assert ask(shop, "SELECT count(*) FROM ops.freshness WHERE is_stale") == [(0,)]


def test_a_load_that_is_set_aside_and_crashed_families_keep_the_last_good_tables(
    shop: DemoShop, served: dict[str, str]
) -> None:
    answers = "SELECT run_id, count(*) FROM results.recommendations GROUP BY run_id"
    rows = [f"B-{number},1,NOT-A-SKU,,2026-01-02 10:00:00,three,1,Germany" for number in range(50)]
    broken = shop.folder / "order_lines" / "broken.csv"
    broken.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    aside = run(served, shop)
    assert aside.returncode == 1
    for part in (
        "1 file is broken and set aside",
        "broken.csv: 50 of 50 rows break a rule",
        "tillflow quarantine loads",
    ):
        assert part in aside.stderr, aside.stderr
    before = ask(shop, answers)
    ((load_id,),) = ask(shop, "SELECT load_id FROM ops.loads WHERE file = 'broken.csv' AND status = 'set_aside'")
    again = run(served, shop)
    assert again.returncode == 0, again.stderr
    accepted = quarantine(served, shop, "loads", "accept", str(load_id))
    assert accepted.stdout.strip().endswith(f"{load_id} is merged by the next run."), accepted.stderr

    crashed = run(
        served,
        shop,
        "run.family_timeout_seconds=0.01",
        "run.family_retries=0",
    )
    assert crashed.returncode == 1, crashed.stdout
    assert "was stopped after" in crashed.stderr
    assert ask(shop, answers) == before
    assert ask(shop, "SELECT bool_and(is_stale) FROM ops.freshness") == [(True,)]
