"""The parts of the repository that mutations are drawn from, and the draw."""

from __future__ import annotations

import ast
import random
from typing import TYPE_CHECKING

import duckdb

from quality.python_mutations import python_mutations
from quality.sql_mutations import sql_mutations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from quality.mutation import Mutation

PACKAGES = ("warehouse", "models", "sources", "expectations", "report", "tasks", "flows")
# Nobody can test that a colour is right.
LOOKS = ("report/charts.py", "report/theme.py", "flows/console.py")


def files_of(root: Path, only: str = "") -> list[str]:
    """Return the files that may be mutated, relative to the repository; `only` is the beginning of their names."""
    found = (
        file.relative_to(root).as_posix()
        for package in PACKAGES
        for pattern in ("*.py", "*.sql")
        for file in (root / package).rglob(pattern)
    )
    return sorted(name for name in found if name.startswith(only) and name not in LOOKS)


def area_of(file: str) -> str:
    """Return the area of a file: its package and its language."""
    return f"{file.partition('/')[0]} ({'SQL' if file.endswith('.sql') else 'Python'})"


def mutations_of(root: Path, file: str) -> list[Mutation]:
    """Return every mutation of a file that leaves it something that can be read."""
    text = (root / file).read_text(encoding="utf-8")
    make, can_be_read = (sql_mutations, _is_sql) if file.endswith(".sql") else (python_mutations, _is_python)
    return [mutation for mutation in make(file, text) if can_be_read(mutation.applied(text))]


def _is_sql(text: str) -> bool:
    try:
        duckdb.extract_statements(text)
    except duckdb.ParserException:
        return False
    return True


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def drawn(root: Path, files: Sequence[str], *, count: int, seed: int) -> dict[str, list[Mutation]]:
    """Return, for each area, `count` of its mutations (all where it has fewer), in the order of the files."""
    areas: dict[str, list[Mutation]] = {}
    for file in files:
        areas.setdefault(area_of(file), []).extend(mutations_of(root, file))
    return {area: _some(mutations, count, f"{seed} {area}") for area, mutations in sorted(areas.items())}


def _some(mutations: Sequence[Mutation], count: int, seed: str) -> list[Mutation]:
    draw = random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
    return [mutations[place] for place in sorted(draw.sample(range(len(mutations)), min(count, len(mutations))))]
