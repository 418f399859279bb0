"""The proof of mutated inputs: no loss in silence, no traceback, and every refusal can be followed."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from quality.faults.inputs.cases import batches, mutants
from quality.faults.inputs.trial import DEFECT, REFUSED, SET_ASIDE, TAKEN, Verdict, Workbench
from quality.faults.proof import Figure, Measured, Plan, Table, at_least, exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.faults.inputs.mutation import Mutant

COUNT, QUICK_COUNT = 2_000, 60
_BATCH = 40


def measure(plan: Plan) -> Measured:
    """Load mutated files beside good ones, in processes of their own, and count what became of them."""
    count = QUICK_COUNT if plan.is_quick else COUNT
    groups = list(batches(mutants(count, plan.seed), _BATCH))
    shares = [groups[worker :: plan.workers] for worker in range(plan.workers)]
    with ProcessPoolExecutor(plan.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(judge_all, plan.folder, share) for share in shares]
        verdicts: list[Verdict] = []
        for task, share in zip(waiting, shares, strict=True):
            try:
                verdicts += task.result()
            except BrokenProcessPool:
                verdicts += _one_by_one(plan.folder, share)
    return summed_up(verdicts, count)


def judge_all(folder: Path, groups: Sequence[Sequence[Mutant]]) -> list[Verdict]:
    """Judge groups of mutated files in one warehouse."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        bench = Workbench.made(Path(own))
        with bench.opened() as connection:
            return [
                verdict for number, group in enumerate(groups) for verdict in bench.judge(connection, group, number)
            ]


def _one_by_one(folder: Path, groups: Sequence[Sequence[Mutant]]) -> list[Verdict]:
    """Judge each group in a process of its own, after one of them has ended the process that judged all."""
    verdicts: list[Verdict] = []
    for group in groups:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            try:
                verdicts += pool.submit(judge_all, folder, [group]).result()
            except BrokenProcessPool:
                verdicts += [
                    Verdict(
                        kind=mutant.kind,
                        what=mutant.what,
                        style=mutant.original.style.label,
                        outcome=DEFECT,
                        problems=("the process died of this file, or of one beside it",),
                    )
                    for mutant in group
                ]
    return verdicts


def summed_up(verdicts: Sequence[Verdict], count: int) -> Measured:
    """Return the figures of what became of the files."""
    ended = [verdict for verdict in verdicts if verdict.outcome == DEFECT]
    unclear = [v for v in verdicts if any(problem.startswith("the refusal") for problem in v.problems)]
    lost = [verdict for verdict in verdicts if verdict.problems and verdict not in ended and verdict not in unclear]
    refusals = [verdict for verdict in verdicts if verdict.outcome in (REFUSED, SET_ASIDE)]
    without = [v for v in verdicts if v.kind == "Parquet pages" and "checksums" not in v.style and v.outcome == TAKEN]
    altered = sum(verdict.is_altered for verdict in without)
    return Measured(
        figures=(
            at_least("mutated files", count, len(verdicts)),
            exactly("ended the run or a process", 0, len(ended)),
            exactly("lost rows in silence, or loaded other values than Python's count knows", 0, len(lost)),
            exactly(f"of {len(refusals):,} refusals, not saying source, file, line or what to do", 0, len(unclear)),
            Figure(
                what="Parquet files without checksums whose flipped bytes were loaded as other values",
                asked="told, as nothing in the file can tell",
                measured=f"{altered:,} of {len(without):,} taken",
                holds=True,
            ),
        ),
        tables=(_by_kind(verdicts),),
        failures=tuple(
            f"{verdict.kind}, {verdict.what} ({verdict.style}): {problem}"
            for verdict in verdicts
            for problem in verdict.problems
        ),
    )


def _by_kind(verdicts: Sequence[Verdict]) -> Table:
    counts = Counter((verdict.kind, verdict.outcome) for verdict in verdicts)
    kinds = sorted({verdict.kind for verdict in verdicts}, key=str.lower)
    outcomes = (TAKEN, REFUSED, SET_ASIDE, DEFECT)
    return Table(
        title="What became of the files",
        headers=("What was changed", *outcomes),
        rows=tuple((kind, *(f"{counts[kind, outcome]:,}" for outcome in outcomes)) for kind in kinds),
    )
