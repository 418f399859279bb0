"""Plant faults while Tillflow works and write what became of the data into docs/reliability.md: `make faults`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from quality.faults.page import keep, write
from quality.faults.proof import Plan
from quality.faults.proofs import PROOFS, TITLES


def main() -> int:
    """Return 0 when every figure is what was asked."""
    wanted = _parser().parse_args()
    out = Console()
    is_right = True
    for proof in PROOFS:
        if wanted.only and proof.name not in wanted.only:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"tillflow-{proof.name}-") as folder:
            plan = Plan(folder=Path(folder), seed=wanted.seed, is_quick=wanted.quick, workers=wanted.workers)
            measured = proof.measure(plan)
        seconds = time.monotonic() - began
        for figure in measured.figures:
            colour = "green" if figure.holds else "red"
            line = f"{proof.title}: {figure.what}: {figure.measured} (asked: {figure.asked})"
            out.print(line, style=colour, markup=False, highlight=False, soft_wrap=True)
        for failure in measured.failures:
            out.print(f"- {failure}", markup=False, highlight=False, soft_wrap=True)
        out.print(f"{proof.title}: {seconds:.0f} s", highlight=False)
        is_right = is_right and measured.holds
        if not wanted.quick:
            keep(proof, measured, plan, seconds)
            write(TITLES)
    return 0 if is_right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(TITLES), help="these proofs only")
    parser.add_argument("--seed", type=int, default=1, help="what the draws depend on (1)")
    parser.add_argument("--quick", action="store_true", help="a few cases of each; writes nothing")
    parser.add_argument("--workers", type=int, default=2, help="processes at the same time (2)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
