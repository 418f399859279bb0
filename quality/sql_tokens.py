"""SQL as a list of tokens that remember where they stand, enough to change it in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A hole is what an f-string puts into its SQL.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>--[^\n]*)
    | (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    | (?P<hole>\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})
    | (?P<parameter>\$\w+)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign><=|>=|<>|!=|::|\|\||//|->|[-+*/%<>=(),.\[\]?;:|])
    """,
    re.VERBOSE,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of SQL between two offsets; `depth` counts the brackets and CASEs around it."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        """The keyword or sign in capitals; nothing for what is quoted."""
        return self.text.upper() if self.kind in ("word", "sign") else ""


def tokens(sql: str, offset: int = 0) -> list[Token]:
    """Return the tokens of `sql` without spaces and comments; `offset` is where it stands in its file.

    A character that is no SQL (a backslash in a Python string) is passed over.
    """
    found: list[Token] = []
    depth = position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            position += 1
            continue
        kind, text = str(match.lastgroup), match.group()
        if kind not in ("space", "comment"):
            closes = text in _CLOSING or (kind == "word" and text.upper() == "END")
            depth -= closes
            start, end = match.start() + offset, match.end() + offset
            found.append(Token(kind=kind, text=text, start=start, end=end, depth=depth))
            depth += text in _OPENING or (kind == "word" and text.upper() == "CASE")
        position = match.end()
    return found
