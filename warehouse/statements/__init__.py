"""Questions that the program itself asks the warehouse, each in a `.sql` file of its name."""

from functools import cache
from pathlib import Path


@cache
def statement(name: str) -> str:
    """Return the SQL of a question."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
