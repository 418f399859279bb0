from __future__ import annotations

import io

import pytest
from rich.console import Console

from flows.console import plain, show, shown, text_output
from tasks.queries import Answer

EVIL = "a\x1b[2J\x1b]0;title\x07b\x9b31mc\x7f\u202ed"


class Terminal(io.StringIO):
    """Takes what a terminal would be sent."""

    def isatty(self) -> bool:
        return True


def test_what_a_terminal_would_obey_is_shown_as_its_code() -> None:
    assert shown(EVIL) == r"a\x1b[2J\x1b]0;title\x07b\x9b31mc\x7f\u202ed"
    assert shown("é ü 漢字 [bold]") == "é ü 漢字 [bold]"
    assert plain("two\nlines [bold]\r") == "two\nlines \\[bold]\\r"


@pytest.mark.parametrize("place", ["value", "column"])
def test_a_table_has_no_escape_sequence_of_its_values(place: str) -> None:
    stream = io.StringIO()
    given = {"value": "x", "column": "y"} | {place: EVIL}
    show(Console(file=stream, width=200), Answer((given["column"],), ((given["value"],),)))
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()
    assert r"\x1b[2J" in stream.getvalue()


def test_other_formats_are_shown_on_a_terminal_and_exact_elsewhere() -> None:
    terminal, file = Terminal(), io.StringIO()
    text_output(terminal).write(f"a,b\n{EVIL}\t1\n")
    text_output(file).write(f"a,b\n{EVIL}\t1\n")
    assert terminal.getvalue() == f"a,b\n{shown(EVIL)}\t1\n"
    assert file.getvalue() == f"a,b\n{EVIL}\t1\n"
