"""What the mutations showed, in Markdown."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quality.trial import ROOT, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EQUIVALENTS = Path(__file__).parent / "equivalents.toml"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A mutation in words, and what the tests said of it; `reason` says why it can't be found, where that is known."""

    area: str
    file: str
    line: int
    kind: str
    before: str
    after: str
    outcome: Outcome
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Should a test have found it?"""
        return self.outcome in (Outcome.SURVIVED, Outcome.UNTESTED) and not self.reason

    def describe(self) -> str:
        """Return it as a line of text."""
        return f"{self.file}:{self.line} {self.kind}: `{self.before}` → `{self.after}`"


def known_equivalents() -> dict[tuple[str, str, str], str]:
    """Return the reasons of mutations that change nothing, by file, line before and line after."""
    if not EQUIVALENTS.exists():
        return {}
    entries = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["equivalent"]
    return {(entry["file"], entry["before"], entry["after"]): entry["reason"] for entry in entries}


def page_section(judged: Mapping[str, Sequence[Judged]], *, available: Mapping[str, int], seed: int) -> str:
    """Return the figures of a draw and everything that survived it."""
    everything = [item for items in judged.values() for item in items]
    rows = [_row(area, items, available[area]) for area, items in judged.items()]
    rows.append(_row("all", everything, sum(available.values())))
    parts = [
        f"Drawn with seed {seed}, {len(everything)} of the {sum(available.values()):,} mutations there are.",
        "| Area | Mutations | Drawn | Killed | Over time | Equivalent | Survived | Found |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n" + "\n".join(rows),
    ]
    equivalent = [item for item in everything if item.outcome is Outcome.SURVIVED and item.reason]
    survived = [item for item in everything if item.is_open]
    if survived:
        parts += ["### Survivors", "\n".join(f"- {_marked(item)}" for item in survived)]
    if equivalent:
        parts += ["### Equivalents", "\n".join(f"- {_marked(item)}: {item.reason}" for item in equivalent)]
    return "\n\n".join(parts)


def _row(area: str, items: Sequence[Judged], available: int) -> str:
    killed = sum(item.outcome is Outcome.KILLED for item in items)
    late = sum(item.outcome is Outcome.TIMED_OUT for item in items)
    survived = sum(item.is_open for item in items)
    equivalent = len(items) - killed - late - survived
    found = (killed + late) / max(len(items) - equivalent, 1)
    return f"| {area} | {available:,} | {len(items)} | {killed} | {late} | {equivalent} | {survived} | {found:.0%} |"


def _marked(item: Judged) -> str:
    if not item.after:
        return f"{item.file}:{item.line} ({item.kind}) `{_short(item.before)}` goes"
    return f"{item.file}:{item.line} ({item.kind}) `{_short(item.before)}` → `{_short(item.after)}`"


def _short(text: str, length: int = 110) -> str:
    return (text if len(text) <= length else f"{text[: length - 1]}…").replace("|", "\\|").replace("`", "'")


def write_section(name: str, text: str, page: Path | None = None) -> None:
    """Put `text` between the marks of the section `name` of docs/quality.md."""
    page = page or ROOT / "docs" / "quality.md"
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
