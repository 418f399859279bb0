"""Plant faults in copies of the repository and see whether the tests find them: `make mutants`.

First the known faults, all of which must be found; then a seeded sample of small changes to Python and SQL.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from quality.areas import area_of, drawn, files_of, mutations_of
from quality.known_faults import FAULTS, StaleFaultError
from quality.trial import ROOT, Outcome, UntestableError, Workshop
from quality.verdicts import Judged, known_equivalents, page_section, write_section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.mutation import Mutation

KNOWN = "known faults"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every known fault was found and the sample could be judged."""
    wanted = _parser().parse_args(arguments)
    out = Console()
    files = files_of(ROOT, wanted.only)
    sample = {} if wanted.known else drawn(ROOT, files, count=wanted.count, seed=wanted.seed)
    try:
        known = [fault.mutation(ROOT) for fault in FAULTS if fault.file.startswith(wanted.only)]
        judged = _judge_all(out, {KNOWN: known, **sample}, workers=wanted.workers, show=wanted.show)
    except (StaleFaultError, UntestableError) as error:
        out.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        return 2
    missed = [item for item in judged.pop(KNOWN) if item.outcome is not Outcome.KILLED]
    for item in missed:
        out.print(f"[red]a known fault was not found:[/red] {item.describe()}", highlight=False, soft_wrap=True)
    found = f"Known faults: {len(known)}, found: {len(known) - len(missed)}."
    out.print(found, highlight=False)
    if not wanted.only:
        write_section("known faults", found)
    if sample:
        available = Counter(dict.fromkeys(sample, 0))
        for file in files:
            available[area_of(file)] += len(mutations_of(ROOT, file))
        figures = page_section(judged, available=available, seed=wanted.seed)
        if wanted.only:
            out.print(figures, markup=False, highlight=False, soft_wrap=True)
        else:
            write_section("mutants", figures)
            out.print("The figures are in docs/quality.md.")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="mutations drawn from each area (20)")
    parser.add_argument("--seed", type=int, default=1, help="what the draw depends on (1)")
    parser.add_argument(
        "--only", default="", help="only files whose names begin so; prints instead of writing the page"
    )
    parser.add_argument("--known", action="store_true", help="the known faults only")
    parser.add_argument("--workers", type=int, default=2, help="mutations judged at the same time (2)")
    parser.add_argument("--show", action="store_true", help="print what the tests said of each that was killed")
    return parser


def _judge_all(out: Console, areas: dict[str, list[Mutation]], *, workers: int, show: bool) -> dict[str, list[Judged]]:
    """Judge the mutations of every area, in copies of the repository, and tell each survivor as it is known."""
    equivalents = known_equivalents()
    free: SimpleQueue[Workshop] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="tillflow-mutants-") as folder, Progress(console=out) as progress:
        for number in range(workers):
            free.put(Workshop.make(Path(folder) / str(number)))
        bar = progress.add_task("planting faults", total=sum(map(len, areas.values())))

        def judge(area: str, mutation: Mutation) -> Judged:
            text = (ROOT / mutation.file).read_text(encoding="utf-8")
            workshop = free.get()
            try:
                verdict = workshop.judge(mutation.file, mutation.applied(text), mutation.tests)
            finally:
                free.put(workshop)
            before, after = mutation.lines(text)
            item = Judged(
                area=area,
                file=mutation.file,
                line=mutation.line(text),
                kind=mutation.kind,
                before=before,
                after=after,
                outcome=verdict.outcome,
                reason=equivalents.get((mutation.file, before, after), ""),
            )
            if item.is_open or show:
                progress.print(f"{item.outcome.value} {item.describe()}", markup=False, highlight=False, soft_wrap=True)
            if show and verdict.output:
                progress.print(verdict.output, markup=False, highlight=False, soft_wrap=True)
            progress.advance(bar)
            return item

        with ThreadPoolExecutor(workers) as pool:
            waiting = {area: [pool.submit(judge, area, item) for item in items] for area, items in areas.items()}
            try:
                return {area: [item.result() for item in items] for area, items in waiting.items()}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


if __name__ == "__main__":
    sys.exit(main())
