"""Great Expectations' Data Docs of a run, as HTML that opens without a network.

GX's own renderers make the content; its page template loads styles and scripts from the network and shows nothing
without them, so the pages are framed by the templates in `data_docs_views`. Great Expectations is imported when
Data Docs are built, not when this module is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.gate import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from great_expectations.core import ExpectationSuiteValidationResult

    from expectations.gate import CheckResult

VIEWS = Path(__file__).parent / "data_docs_views"


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page of one table at one gate."""

    gate: str
    table: str
    results: Sequence[CheckResult]

    @property
    def file(self) -> str:
        """The page's name within the folder."""
        return f"{self.gate}-{self.table}.html"

    @property
    def total(self) -> int:
        """Checks made."""
        return len(self.results)

    @property
    def passed(self) -> int:
        """Checks passed."""
        return sum(result.status is Status.PASSED for result in self.results)

    @property
    def broken(self) -> Sequence[CheckResult]:
        """Checks that did not pass, those that stop the run first."""
        return sorted(
            (result for result in self.results if result.status is not Status.PASSED),
            key=lambda result: not result.stops_the_run,
        )

    @property
    def failures(self) -> int:
        """Checks that stop the run."""
        return sum(result.stops_the_run for result in self.results)

    @property
    def warnings(self) -> int:
        """Checks that did not pass and are only recorded."""
        return self.total - self.passed - self.failures


def build_data_docs(results: Iterable[CheckResult], folder: Path, *, run_id: str, checked_at: datetime) -> Path:
    """Write one page for each gate and table, and an index of them, into `folder`; return the index's path.

    `checked_at` is UTC. Files of the same names are replaced, others stay.
    """
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer  # noqa: PLC0415 - takes seconds
    from great_expectations.render.view.view import DefaultJinjaPageView  # noqa: PLC0415 - with it

    import expectations.vocabulary  # noqa: F401, PLC0415 - registers the expectations that are rendered

    by_place: dict[tuple[str, str], list[CheckResult]] = {}
    for result in results:
        by_place.setdefault((result.gate, result.table), []).append(result)
    pages = [Page(gate=gate, table=table, results=tuple(made)) for (gate, table), made in by_place.items()]
    view, renderer = DefaultJinjaPageView(custom_views_directory=str(VIEWS)), ValidationResultsPageRenderer()
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        document = renderer.render(_suite_result(page, run_id, checked_at))
        html = view.render(document, template="gate_page.j2", page=page)  # type: ignore[no-untyped-call] # GX's is untyped
        (folder / page.file).write_text(html, encoding="utf-8")
    index = folder / "index.html"
    totals = {"passed": sum(page.passed for page in pages), "total": sum(page.total for page in pages)}
    when = checked_at.isoformat(sep=" ", timespec="seconds")
    template = view.env.get_template("gate_index.j2")
    index.write_text(template.render(run_id=run_id, checked_at=when, pages=pages, **totals), encoding="utf-8")
    return index


def _suite_result(page: Page, run_id: str, checked_at: datetime) -> ExpectationSuiteValidationResult:
    """Put GX's results of one page together as GX does for a suite."""
    from great_expectations import __version__ as gx_version  # noqa: PLC0415 - takes seconds
    from great_expectations.core import (  # noqa: PLC0415 - with it
        ExpectationSuiteValidationResult,
        expectationValidationResultSchema,
    )

    statistics = {
        "evaluated_expectations": page.total,
        "successful_expectations": page.passed,
        "unsuccessful_expectations": page.total - page.passed,
        "success_percent": 100 * page.passed / page.total,
    }
    meta: dict[str, Any] = {
        "great_expectations_version": gx_version,
        # GX reads a name that begins like a time as one.
        "run_id": {"run_name": f"run {run_id}", "run_time": checked_at.isoformat()},
    }
    return ExpectationSuiteValidationResult(
        success=page.failures == 0,
        results=[expectationValidationResultSchema.load(dict(result.validation)) for result in page.results],
        suite_name=page.table,
        statistics=statistics,
        meta=meta,
    )
