"""The proof of breakdowns: each of what machines do to a run is told in one message, and costs nothing for good."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from quality.faults.kills import reference_of
from quality.faults.proof import Measured, Plan, Table, at_least, exactly
from quality.faults.runs import Shop, hashes, make_shop
from quality.faults.scenarios import SCENARIOS, Scenario, UntriedError
from quality.server import standing_server

if TYPE_CHECKING:
    from pathlib import Path

    from quality.faults.kills import Reference

_QUICK = ("catalog lost", "lake's file missing")


@dataclass(kw_only=True)
class Tried:
    """What a breakdown showed: what was said, and what was wrong with that or with what came after."""

    scenario: Scenario
    said: str = ""
    untried: str = ""
    problems: list[str] = field(default_factory=list)


def measure(plan: Plan) -> Measured:
    """Try each breakdown on a shop of its own."""
    wanted = [scenario for scenario in SCENARIOS if not plan.is_quick or scenario.name in _QUICK]
    with standing_server(plan.folder) as environment:
        shops = [make_shop(plan.folder / f"shop-{worker}", environment, plan.seed) for worker in range(plan.workers)]
        template = plan.folder / "template"
        reference = reference_of(shops[0], template)
        free: SimpleQueue[Shop] = SimpleQueue()
        for shop in shops:
            if shop is not shops[0]:
                shop.bring()
            free.put(shop)

        def try_on_a_shop(scenario: Scenario) -> Tried:
            shop = free.get()
            try:
                return _try(shop, template, reference, scenario, plan.folder)
            finally:
                free.put(shop)

        with ThreadPoolExecutor(plan.workers) as pool:
            return summed_up(list(pool.map(try_on_a_shop, wanted)))


def _try(shop: Shop, template: Path, reference: Reference, scenario: Scenario, folder: Path) -> Tried:
    tried = Tried(scenario=scenario)
    own = folder / scenario.name.replace(" ", "-")
    own.mkdir()
    shop.restored(template)
    earlier = str(shop.rows("SELECT max(run_id) FROM ops.runs")[0][0])
    try:
        with scenario.broken(shop, own, template) as ended:
            tried.said = _words(ended.said, scenario.expected)
            if not ended.is_plain:
                tried.problems.append(f"a traceback: {ended.said[-1_500:]}")
            if ended.code not in scenario.codes:
                tried.problems.append(f"exit code {ended.code}, expected {scenario.codes}: {ended.said[-800:]}")
            if not tried.said:
                tried.problems.append(f"no message of {scenario.expected!r}: {ended.said[-800:]}")
            if f"Run {earlier}:" in ended.said and "unchanged" not in ended.said:
                tried.problems.append("the summary of the run before was printed as this one's")
        _look_after(shop, reference, tried)
    except UntriedError as error:
        tried.untried = str(error)
    except Exception as error:  # noqa: BLE001 - a breakdown that can't be looked at is a finding as well
        tried.problems.append(f"{type(error).__name__}: {error}")
    finally:
        shutil.rmtree(own, ignore_errors=True)
    return tried


def _words(said: str, expected: str) -> str:
    """Return the last line that says what is expected, which is how a run ends, shortened and without folders."""
    found = [line for line in said.splitlines() if re.search(expected, line)]
    return re.sub(r"/\S*/", "…/", found[-1]).strip()[:300] if found else ""


def _look_after(shop: Shop, reference: Reference, tried: Tried) -> None:
    """When all is mended: does the next run complete, and is everything there?"""
    done = shop.run()
    if done.code or not done.is_plain:
        tried.problems.append(f"the next run does not complete: exit code {done.code}: {done.said[-1_500:]}")
        return
    if hashes(shop, "core") != reference.core:
        tried.problems.append("core is not that of an undisturbed run, by hash")
    if hashes(shop, "results") != reference.after:
        tried.problems.append("the answers are not those of an undisturbed run, by hash")
    standing = shop.rows("SELECT run_id FROM ops.runs WHERE status = 'published' ORDER BY snapshot_id DESC LIMIT 1")
    if (shop.warehouse / "report" / "run_id").read_text(encoding="utf-8") != standing[0][0]:
        tried.problems.append("the report is not that of the answers")


def summed_up(tried: list[Tried]) -> Measured:
    """Return the figures of all breakdowns."""
    done = [one for one in tried if not one.untried]
    return Measured(
        figures=(
            at_least("breakdowns tried", len(tried), len(done)),
            exactly("without one clear message, or with something lost", 0, sum(bool(one.problems) for one in done)),
        ),
        tables=(
            Table(
                title="What was broken, and what the person in front of it read",
                headers=("breakdown", "message", ""),
                rows=tuple(
                    (
                        one.scenario.name,
                        f"not tried: {one.untried}" if one.untried else one.said,
                        "–" if one.untried else "**broken**" if one.problems else "nothing lost",
                    )
                    for one in tried
                ),
            ),
        ),
        failures=tuple(f"{one.scenario.name}: {problem}" for one in tried for problem in one.problems),
    )
