"""What a person sees in the terminal."""

from __future__ import annotations

import logging
import re
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from rich.markup import escape
from rich.table import Table

from tasks.progress import LOGGER_NAME
from tasks.queries import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.status import Status

_SHOWN_ROWS = 200
# What a terminal obeys instead of showing it: control characters of both sets, and those that turn the reading order.
_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS_AND_TABS = "\n\t"
_NAME_WIDTH = 20


class _Lines(logging.Handler):
    """Print what a run says, a line a step, with the time since it began."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console = console
        self._status = status
        self._started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        seconds = time.monotonic() - self._started
        mark = "[yellow]![/yellow]" if record.levelno >= logging.WARNING else "[green]✓[/green]"
        text = plain(record.getMessage())
        self._console.print(f"{mark} [dim]{seconds:6.1f} s[/dim]  {text}", highlight=False)
        self._status.update(f"[dim]working, last: {text[:60]}[/dim]")


def shown(text: str) -> str:
    """Return a text that a terminal shows as it is: a character that it would obey becomes its code."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def plain(text: str) -> str:
    """Return a text of several lines for a console: nothing in it is markup, or obeyed."""
    return escape("\n".join(shown(line) for line in text.split("\n")))


def text_output(stream: IO[str]) -> IO[str]:
    """Return a stream for an answer: exact where it goes to a file or a program, shown where it goes to a terminal."""
    return cast("IO[str]", _Shown(stream)) if stream.isatty() else stream


class _Shown:
    """A stream that writes what a terminal would obey as its code; lines and tabs stay."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(re.sub(f"[^{_LINE_ENDS_AND_TABS}]+", lambda found: shown(found[0]), text))


@contextmanager
def showing_progress(console: Console, what: str) -> Iterator[None]:
    """Show what the run says while it works; a terminal also gets a spinner."""
    logger = logging.getLogger(LOGGER_NAME)
    level = logger.level
    with console.status(f"[dim]{what}[/dim]") as status:
        handler = _Lines(console, status)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


def show(console: Console, answer: Answer, title: str = "") -> None:
    """Print an answer as a table; of a long one the first rows."""
    table = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold")
    shown = answer.rows[:_SHOWN_ROWS]
    for place, name in enumerate(answer.columns):
        is_number = bool(shown) and all(_is_number(row[place]) for row in shown if row[place] is not None)
        # What a row is about stays on one line; where the terminal is narrow, the other columns give way.
        is_whole = place == 0 and all(len(_cell(row[place])) <= _NAME_WIDTH for row in shown)
        table.add_column(plain(name), justify="right" if is_number else "left", overflow="fold", no_wrap=is_whole)
    for row in shown:
        table.add_row(*(plain(_cell(value)) for value in row))
    console.print(table)
    if len(answer.rows) > _SHOWN_ROWS:
        console.print(f"… and {len(answer.rows) - _SHOWN_ROWS:,} more rows; --output FILE writes all.")


def show_with_words(console: Console, answer: Answer, title: str, *, words: str, about: str) -> None:
    """Print an answer as a table, and the column `words`, which is too long for a cell, in lines below it."""
    place = answer.columns.index(words)
    columns = tuple(name for name in answer.columns if name != words)
    rows = tuple((*row[:place], *row[place + 1 :]) for row in answer.rows)
    show(console, Answer(columns, rows), title)
    for row in answer.as_dicts():
        if row[words]:
            console.print(f"  {plain(str(row[about]))}: {plain(str(row[words]))}", highlight=False, soft_wrap=True)
    console.print()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - four digits say enough
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
