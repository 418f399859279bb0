"""What a section of the report is made of. Texts are plain: the template escapes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse.contracts import Question


class Tone(StrEnum):
    """How a tile, note or mark is coloured; never the only carrier of what it says."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One figure of the overview, with what it is compared to."""

    label: str
    value: str
    note: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """A row of tiles."""

    tiles: tuple[Tile, ...]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence beside the figures: how to read them, what is missing, what is stale."""

    text: str
    tone: Tone = Tone.PLAIN
    kind: str = field(default="note", init=False)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart: its Vega-Lite specification, and the description that stands for it where it can't be seen."""

    title: str
    description: str
    spec: dict[str, Any]
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The heading of a table's column: numbers are set flush right, sentences get room."""

    text: str
    is_number: bool = False
    is_sentence: bool = False

    @property
    def css_class(self) -> str:
        """The class of the column's cells in the page's styles."""
        return "number" if self.is_number else "sentence" if self.is_sentence else "text"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table: headings and the cells of each row, as they are shown."""

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    kind: str = field(default="grid", init=False)


Block = Tiles | Note | Figure | Grid


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a section says: its headline, and the blocks that show where it comes from."""

    headline: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section as the template shows it; one that `is_empty` explains itself in its headline."""

    anchor: str
    title: str
    content: Content
    is_empty: bool
    questions: tuple[Question, ...]
