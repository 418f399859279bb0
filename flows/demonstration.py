"""The demo: a made-up shop, and what to ask its warehouse."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.syntax import Syntax

from flows.console import show
from tasks.demo_shop import make_demo_shop
from tasks.queries import last_published_run_id, query

if TYPE_CHECKING:
    from rich.console import Console

    from warehouse.settings import Settings

_QUERIES = (
    (
        "Who are our customers, and what should we do about each kind?",
        """
SELECT segment_name, customer_count, round(revenue_share, 3) AS revenue_share, suggested_action
FROM results.segment_profiles
ORDER BY revenue_share DESC
""",
    ),
    (
        "What sells together?",
        """
SELECT antecedent_names, consequent_names, round(confidence, 2) AS confidence, round(lift, 1) AS lift
FROM results.basket_rules
ORDER BY lift DESC
LIMIT 5
""",
    ),
    (
        "What will the next week bring?",
        """
SELECT forecast_on, round(forecast) AS forecast, round(lower_80) AS lower_80, round(upper_80) AS upper_80
FROM results.demand_forecast
WHERE level = 'total' AND measure = 'amount' AND as_of = (SELECT max(as_of) FROM results.demand_forecast)
ORDER BY forecast_on
LIMIT 7
""",
    ),
)


_ANY_SQL = "FROM results.recommendations WHERE may_contact LIMIT 5"


def make_shop(out: Console, folder: Path, *, order_lines: int, seed: int) -> Path:
    """Make the demo shop's files in `folder`, unless the same shop is there, and return its settings file."""
    with out.status(f"making a demo shop of {order_lines:,} order lines in {folder}"):
        settings_file, is_new = make_demo_shop(folder, order_lines=order_lines, seed=seed)
    made = "Made a demo shop" if is_new else "The demo shop is there already"
    out.print(f"{made}: {order_lines:,} order lines, seed {seed}, in {folder}")
    return settings_file


def show_queries(out: Console, settings: Settings) -> None:
    """Ask three questions of the result tables, and show the SQL with its answers."""
    for question, sql in _QUERIES:
        out.print(f"\n[bold]{question}[/bold]")
        out.print(Syntax(sql.strip(), "sql", background_color="default", word_wrap=True))
        show(out, query(settings, sql))


def show_next_steps(out: Console, settings: Settings, config: Path) -> None:
    """Say where the report is and how to look further."""
    run_id = last_published_run_id(settings)
    report = settings.warehouse.path / "report" / "index.html"
    out.print(f"\n[bold]The report:[/bold] {report}", soft_wrap=True, highlight=False)
    out.print(f"[bold]The checks:[/bold] {report.parent / 'data_docs' / 'index.html'}", soft_wrap=True, highlight=False)
    out.print("[bold]To look further:[/bold]", highlight=False)
    tillflow, prefect = _callable("tillflow"), _callable("prefect")
    for command, what in (
        (f'{tillflow} sql --config {config} "{_ANY_SQL}"', "any SQL, read-only"),
        (f'{tillflow} sql --config {config} --run {run_id} "FROM ops.loads"', "as of an earlier run"),
        (f"{tillflow} status --config {config}", "runs, loads, freshness, quarantine"),
        (f"{tillflow} quarantine --config {config}", "the rows that were kept out, and why"),
        (f"{prefect} server start", "the Prefect UI on http://127.0.0.1:4200: the run's graph, logs and artifacts"),
    ):
        out.print(f"  [cyan]{command}[/cyan]\n      {what}", soft_wrap=True, highlight=False)


def _callable(name: str) -> str:
    """Return how to call a command of this environment from here: its name if it is on the path, else its file."""
    own = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found and Path(found).resolve() == own.resolve():
        return name
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
