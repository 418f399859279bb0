"""The proof of kills: runs are killed with SIGKILL at random moments of every stage, and the next one goes on."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from quality.faults.proof import Measured, Plan, Table, at_least, exactly
from quality.faults.runs import FAMILIES, Shop, Watched, hashes, make_shop
from quality.server import standing_server

if TYPE_CHECKING:
    from pathlib import Path

    from quality.faults.proof import Figure

KILLS, QUICK_KILLS = 50, 4
_SOURCES = 8
_PUBLISHED = "published 2 of 2"
# Each stage with the line after which it begins, and how many such lines there are.
STAGES = {
    "start": ("this run may use", 1),
    "load": ("new files", _SOURCES),
    "merge": ("gate raw", 1),
    "features": ("gate core", 1),
    "families": ("features of", 1),
    "publish": (" rows in ", len(FAMILIES)),
    "record": (_PUBLISHED, 1),
    "report": (_PUBLISHED, 1),
}
_END = ("report in", 1)
# The record follows the publication at once, so most of what is after that line is the report.
_RECORD_SHARE = 0.12
_WHAT_MUST_HOLD = {
    "opens": "after which the warehouse did not open",
    "whole": "after which the answers were not whole, or of a run that ops.runs does not know",
    "completes": "after which the next run did not complete, or printed a traceback",
    "core": "after which core was not that of an undisturbed run, by hash",
    "report": "after which the report was not that of the answers",
}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What undisturbed runs make: the times of their lines, and the hashes of answers before and after, and of core."""

    seconds: dict[str, tuple[float, float]]
    before: dict[str, tuple[object, ...]]
    after: dict[str, tuple[object, ...]]
    core: dict[str, tuple[object, ...]]


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A kill: in which stage, what was found broken after it (`problems`, by what must hold), and its status."""

    stage: str
    status: str
    problems: dict[str, str]


def measure(plan: Plan) -> Measured:
    """Kill runs and count what broke."""
    count = QUICK_KILLS if plan.is_quick else KILLS
    with standing_server(plan.folder) as environment:
        shops = [make_shop(plan.folder / f"shop-{worker}", environment, plan.seed) for worker in range(plan.workers)]
        template = plan.folder / "template"
        reference = reference_of(shops[0], template)
        for shop in shops[1:]:
            shop.bring()
        numbers = list(range(count))

        def kill_some(worker: int) -> list[Kill]:
            return [_kill(shops[worker], template, reference, plan.seed, n) for n in numbers[worker :: plan.workers]]

        with ThreadPoolExecutor(plan.workers) as pool:
            kills = [kill for some in pool.map(kill_some, range(plan.workers)) for kill in some]
    return summed_up(kills, count)


def reference_of(shop: Shop, template: Path) -> Reference:
    """Run undisturbed: once, which becomes the template, and once more when the newest month is there."""
    first = shop.run()
    if first.code:
        message = f"An undisturbed run fails: {first.said[-2_000:]}"
        raise RuntimeError(message)
    shutil.copytree(shop.warehouse, template)
    before = hashes(shop, "results")
    shop.bring()
    watched = Watched.start(shop)
    done = watched.ended()
    if done.code:
        message = f"An undisturbed run of one more month fails: {done.said[-2_000:]}"
        raise RuntimeError(message)
    marks = [*STAGES.values(), _END]
    at = [watched.second_of(*mark) for mark in marks]
    seconds = {name: (at[place], at[place + 1]) for place, name in enumerate(STAGES)}
    published, end = at[list(STAGES).index("record")], at[-1]
    middle = published + (end - published) * _RECORD_SHARE
    seconds |= {"record": (published, middle), "report": (middle, end)}
    return Reference(seconds=seconds, before=before, after=hashes(shop, "results"), core=hashes(shop, "core"))


def _kill(shop: Shop, template: Path, reference: Reference, seed: int, number: int) -> Kill:
    """Kill a run at a random moment of the stage whose turn it is, and look at what the next one makes of it."""
    draw = Random(f"{seed} {number}")  # noqa: S311 - a draw that can be repeated, no secret
    aimed = list(STAGES)[number % len(STAGES)]
    while True:
        shop.restored(template)
        watched = Watched.start(shop)
        began, ended = reference.seconds[aimed]
        if watched.wait_for(*STAGES[aimed]):
            published = reference.seconds["record"][0]
            time.sleep(draw.uniform(began, ended) - (published if aimed == "report" else began))
        if watched.kill():
            break
    problems: dict[str, str] = {}
    status, ended_at = _state_after(shop, reference, problems)
    stage = _stage_of(watched, has_end=ended_at is not None)
    _look_at_next_run(shop, reference, problems)
    return Kill(stage=stage, status=status, problems=problems)


def _state_after(shop: Shop, reference: Reference, problems: dict[str, str]) -> tuple[str, object]:
    """Look at the warehouse as the killed run left it; return what ops.runs says of that run."""
    try:
        status, ended_at = shop.rows("SELECT status, ended_at FROM ops.runs ORDER BY started_at DESC LIMIT 1")[0]
        answers = hashes(shop, "results")
        unknown = shop.rows(
            "SELECT run_id FROM results.basket_rules UNION SELECT run_id FROM results.customer_segments "
            "EXCEPT SELECT run_id FROM ops.runs WHERE status = 'published'"
        )
    except Exception as error:  # noqa: BLE001 - whatever opening ends with is the finding
        problems["opens"] = f"{type(error).__name__}: {error}"
        return "", None
    if answers not in (reference.before, reference.after):
        problems["whole"] = "the answers are neither those before nor those after the publication"
    if unknown:
        problems["whole"] = f"answers of runs that are not recorded: {unknown}"
    return str(status), ended_at


def _stage_of(watched: Watched, *, has_end: bool) -> str:
    """Return the stage in which the run was killed, by the lines that it had said."""
    begun = [name for name, (mark, number) in STAGES.items() if watched.count(mark) >= number]
    if _PUBLISHED in "\n".join(line for _, line in watched.lines):
        return "report" if has_end else "record"
    return begun[-1] if begun else "start"


def _look_at_next_run(shop: Shop, reference: Reference, problems: dict[str, str]) -> None:
    done = shop.run()
    if done.code or not done.is_plain:
        problems["completes"] = f"exit code {done.code}: {done.said[-1_500:]}"
        return
    if (core := hashes(shop, "core")) != reference.core:
        differing = [name for name in core if core[name] != reference.core[name]]
        problems["core"] = f"other rows in {', '.join(differing)}"
    if hashes(shop, "results") != reference.after:
        problems["whole"] = "the next run's answers are not those of an undisturbed run"
    standing = shop.rows("SELECT run_id FROM ops.runs WHERE status = 'published' ORDER BY started_at DESC LIMIT 1")
    stamp = shop.warehouse / "report" / "run_id"
    if stamp.read_text(encoding="utf-8") != standing[0][0]:
        problems["report"] = f"the report shows run {stamp.read_text(encoding='utf-8')}, {standing[0][0]} is published"


def summed_up(kills: list[Kill], count: int) -> Measured:
    """Return the figures of what the kills broke."""
    between = sum(kill.stage == "record" and kill.status == "published" for kill in kills)
    figures: list[Figure] = [
        at_least("runs killed", count, len(kills)),
        at_least("of these between the publication and the record of the run's end", 1, between),
        *(
            exactly(f"kills {words}", 0, sum(name in kill.problems for kill in kills))
            for name, words in _WHAT_MUST_HOLD.items()
        ),
    ]
    stages = Counter(kill.stage for kill in kills)
    statuses = {stage: Counter(kill.status for kill in kills if kill.stage == stage) for stage in STAGES}
    return Measured(
        figures=tuple(figures),
        tables=(
            Table(
                title="Where the runs were killed, and what ops.runs said of them then",
                headers=("stage", "kills", "ops.runs"),
                rows=tuple(
                    (stage, str(stages[stage]), ", ".join(f"{status}: {n}" for status, n in statuses[stage].items()))
                    for stage in STAGES
                ),
            ),
        ),
        failures=tuple(
            f"killed in {kill.stage}: {_WHAT_MUST_HOLD[name]}: {problem}"
            for kill in kills
            for name, problem in kill.problems.items()
        ),
    )
