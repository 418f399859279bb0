"""Whole runs, as a person starts them: a process, a temporary Prefect server, a warehouse in a folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sources.demo_shop import DemoShop, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server"), pytest.mark.timeout(280)]

TILLFLOW = str(Path(sys.executable).parent / "tillflow")
# A small shop's answers need not be good here, only whole.
FAST = tuple(
    part
    for setting in (
        "models.demand_forecast.product_count=1",
        "models.demand_forecast.category_count=1",
        "models.anomalies.injection_rounds=2",
    )
    for part in ("--set", setting)
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> DemoShop:
    return generate(tmp_path_factory.mktemp("shop") / "demo", order_lines=4_000, seed=3)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a run that starts its own temporary server."""
    home = tmp_path_factory.mktemp("prefect")
    return {**os.environ, "PREFECT_HOME": str(home), "COLUMNS": "120", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


@pytest.fixture(scope="module")
def environment(alone: dict[str, str], first_run: subprocess.CompletedProcess[str]) -> Iterator[dict[str, str]]:
    """The environment of runs that share one server, which spares each the start of its own."""
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(TILLFLOW).parent / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        command, env=alone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    api = f"http://127.0.0.1:{port}/api"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{api}/health", timeout=2).close()  # noqa: S310 - the address is our own
            break
        except OSError:
            time.sleep(0.5)
    yield {**alone, "PREFECT_API_URL": api}
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


def call(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TILLFLOW, *arguments], env=environment, capture_output=True, text=True, check=False)


def ask(environment: dict[str, str], shop: DemoShop, sql: str, *more: str) -> list[dict[str, object]]:
    done = call(environment, "sql", sql, "--config", str(shop.settings_file), "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    answer: list[dict[str, object]] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def first_run(shop: DemoShop, alone: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return call(alone, "run", "--config", str(shop.settings_file), *FAST)


def test_a_first_run_publishes_everything(
    first_run: subprocess.CompletedProcess[str], shop: DemoShop, environment: dict[str, str]
) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    assert "Traceback" not in first_run.stdout + first_run.stderr
    runs = ask(environment, shop, "SELECT status, message FROM ops.runs")
    assert [run["status"] for run in runs] == ["published"], runs
    families = ask(environment, shop, "SELECT family, status, reason FROM ops.family_runs")
    assert {family["status"] for family in families} <= {"published", "skipped"}, families
    assert len(families) == 9
    loads = ask(
        environment,
        shop,
        "SELECT source, sum(rows_read)::INT AS read, sum(rows_quarantined + rows_duplicate)::INT AS dirty "
        "FROM ops.loads GROUP BY source",
    )
    assert {load["source"]: load["read"] for load in loads} == dict(shop.row_counts)
    assert {load["source"]: load["dirty"] for load in loads} == dict(shop.dirty_row_counts)
    warehouse = shop.folder / "warehouse"
    assert "Demo shop" in (warehouse / "report" / "index.html").read_text(encoding="utf-8")
    assert (warehouse / "report" / "data_docs" / "index.html").exists()
    assert not list((warehouse / "scratch").glob("2*"))


def test_a_second_run_finds_nothing_new_and_a_new_day_loads_that_day_only(
    shop: DemoShop, environment: dict[str, str]
) -> None:
    before = ask(environment, shop, "SELECT count(*) AS lines, max(ordered_on) AS day FROM core.order_lines")
    again = call(environment, "run", "--config", str(shop.settings_file), *FAST)
    assert again.returncode == 0, again.stderr
    assert "nothing new" in again.stdout
    assert ask(environment, shop, "SELECT count(*) AS lines, max(ordered_on) AS day FROM core.order_lines") == before

    customer, product = ask(
        environment, shop, "SELECT max(customer_id) AS c, max(product_id) AS p FROM core.order_lines WHERE is_product"
    )[0].values()
    header = "order_number,line_number,sku,customer_number,ordered_at,quantity,unit_price,country"
    line = f"NEW-1,1,{product},{customer},2026-01-01 10:00:00,1,9.99,Germany"
    (shop.folder / "order_lines" / "2026-01-01.csv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    third = call(environment, "run", "--config", str(shop.settings_file), *FAST)
    assert third.returncode == 0, third.stdout + third.stderr
    assert "order_lines: 1 rows read from 1 files" in third.stdout
    runs = ask(environment, shop, "SELECT run_id, as_of, status FROM ops.runs ORDER BY started_at")
    assert [run["status"] for run in runs] == ["published", "unchanged", "published"]
    assert runs[2]["as_of"] == "2026-01-01"
    as_of = "SELECT DISTINCT as_of FROM results.customer_value"
    assert ask(environment, shop, as_of) == [{"as_of": "2026-01-01"}]
    assert ask(environment, shop, as_of, "--run", str(runs[0]["run_id"])) == [{"as_of": runs[0]["as_of"]}]


def test_a_failed_gate_and_a_crashed_family_keep_the_last_good_tables(
    shop: DemoShop, environment: dict[str, str]
) -> None:
    answers = "SELECT run_id, count(*) AS row_count FROM results.recommendations GROUP BY run_id"
    before = ask(environment, shop, answers)
    broken = shop.folder / "order_lines" / "broken.csv"
    rows = [f"B-{number},1,NOT-A-SKU,,2026-01-02 10:00:00,three,1,Germany" for number in range(50)]
    broken.write_text(
        "\n".join(["order_number,line_number,sku,customer_number,ordered_at,quantity,unit_price,country", *rows, ""])
    )
    stopped = call(environment, "run", "--config", str(shop.settings_file), *FAST)
    assert stopped.returncode == 1
    for part in ("share of rows quarantined", "100.00%", "wrong_type_quantity: 50 rows", "B-0", "What to do"):
        assert part in stopped.stderr, stopped.stderr
    assert ask(environment, shop, answers) == before
    assert ask(environment, shop, "SELECT status FROM ops.loads WHERE file = 'broken.csv'") == [{"status": "raw"}]

    lenient = ("--set", "quality.maximum_quarantined_share=1", "--set", "run.family_timeout_seconds=0.01")
    crashed = call(
        environment, "run", "--config", str(shop.settings_file), *FAST, *lenient, "--set", "run.family_retries=0"
    )
    assert crashed.returncode == 1, crashed.stdout
    assert "was stopped after" in crashed.stderr
    assert ask(environment, shop, answers) == before
    stale = ask(environment, shop, "SELECT bool_and(is_stale) AS all_stale FROM ops.freshness")
    assert stale == [{"all_stale": True}]


def test_a_killed_run_leaves_nothing_half_done(shop: DemoShop, environment: dict[str, str], tmp_path: Path) -> None:
    copy = tmp_path / "demo"
    shutil.copytree(shop.folder, copy, ignore=shutil.ignore_patterns("warehouse"))
    (copy / "order_lines" / "broken.csv").unlink(missing_ok=True)
    config = copy / "tillflow.toml"
    process = subprocess.Popen(
        [TILLFLOW, "run", "--config", str(config), *FAST],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "accepted" in line:  # in the middle of the merge
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(1)
    done = call(environment, "run", "--config", str(config), *FAST)
    assert done.returncode == 0, done.stdout + done.stderr
    loads = call(
        environment,
        "sql",
        "SELECT source, sum(rows_read)::INT AS read, "
        "bool_and(status = 'merged' AND rows_read = rows_accepted + rows_duplicate + rows_quarantined) AS adds_up "
        "FROM ops.loads GROUP BY source",
        "--config",
        str(config),
        "--format",
        "json",
    )
    counted = json.loads(loads.stdout)
    assert all(load["adds_up"] for load in counted)
    read = {load["source"]: load["read"] for load in counted}
    assert {name: read[name] for name in read if name != "order_lines"} == {
        name: count for name, count in shop.row_counts.items() if name != "order_lines"
    }
