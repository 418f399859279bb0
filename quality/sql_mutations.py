"""Small changes to SQL: comparisons, days, AND and OR, aggregates, order, joins, predicates, CASE branches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from quality.mutation import Mutation, distinct, replaced
from quality.sql_tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quality.sql_tokens import Token

_SIGNS = {"<=": "<", "<": "<=", ">=": ">", ">": ">=", "=": "<>", "<>": "=", "!=": "="}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/"}
_FUNCTIONS = {
    "MIN": "max",
    "MAX": "min",
    "SUM": "max",
    "AVG": "median",
    "MEDIAN": "avg",
    "COUNT": "min",
    "ARG_MIN": "arg_max",
    "ARG_MAX": "arg_min",
    "BOOL_OR": "bool_and",
    "BOOL_AND": "bool_or",
    "LEAST": "greatest",
    "GREATEST": "least",
    "FLOOR": "ceil",
    "CEIL": "floor",
    "LAG": "lead",
    "LEAD": "lag",
    "FIRST_VALUE": "last_value",
    "LAST_VALUE": "first_value",
    "ABS": "",
}
_CLAUSES = frozenset(("WHERE", "ON", "HAVING", "QUALIFY", "WHEN"))
_AFTER_A_CLAUSE = frozenset(
    (
        *("WHERE", "ON", "HAVING", "QUALIFY", "WHEN", "GROUP", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT"),
        *("WINDOW", "INNER", "LEFT", "CROSS", "JOIN", "ANTI", "SEMI", "THEN", "RETURNING", "SET", "SELECT", ";"),
    )
)
_OPERANDS = frozenset(("word", "number", "parameter", "text", "name", "hole"))
# After these a sign is no arithmetic: `-1`, `SELECT *`.
_NO_OPERAND = frozenset(
    (
        *("SELECT", "DISTINCT", "WHEN", "THEN", "ELSE", "AND", "OR", "NOT", "WHERE", "ON", "BY", "IN", "BETWEEN", "AS"),
        *("CASE", "HAVING", "QUALIFY", "LIMIT", "RETURNING"),
    )
)


def sql_mutations(file: str, sql: str, offset: int = 0) -> list[Mutation]:
    """Return every mutation of the SQL that stands at `offset` in `file`."""
    found = tokens(sql, offset)
    return distinct(
        mutation
        for maker in (_comparisons, _arithmetic, _words, _functions, _numbers, _joins, _orders, _predicates, _cases)
        for mutation in maker(file, found)
    )


def _comparisons(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    for token in found:
        if token.kind == "sign" and token.text in _SIGNS:
            yield replaced(file, token.start, token.end, _SIGNS[token.text], "comparison")


def _arithmetic(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    for before, token, after in zip(found, found[1:], found[2:], strict=False):
        if token.kind != "sign" or token.text not in _ARITHMETIC:
            continue
        if _is_operand(before) and (_is_operand(after, ends=False)):
            yield replaced(file, token.start, token.end, _ARITHMETIC[token.text], "arithmetic")
            if after.kind == "number" and token.text in "+-":
                yield replaced(file, token.start, after.end, "", "arithmetic")
        elif token.text == "-" and not _is_operand(before):
            yield replaced(file, token.start, token.end, "", "arithmetic")


def _is_operand(token: Token, *, ends: bool = True) -> bool:
    if token.kind == "sign":
        return token.text in (")]" if ends else "(")
    return token.kind in _OPERANDS and token.word not in _NO_OPERAND


def _words(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    between: list[int] = []
    for index, token in enumerate(found):
        after = found[index + 1] if index + 1 < len(found) else token
        before = found[index - 1].word if index else ""
        if token.word == "BETWEEN":
            between.append(token.depth)
        elif token.word == "AND" and between and between[-1] == token.depth:
            between.pop()
        elif token.word in ("AND", "OR"):
            other = "OR" if token.word == "AND" else "AND"
            yield replaced(file, token.start, token.end, other, "AND and OR")
        elif token.word == "DISTINCT" and before != "IS" and after.word != "FROM":
            yield replaced(file, token.start, token.end, "", "DISTINCT dropped")
        elif token.word == "NOT":
            yield replaced(file, token.start, token.end, "", "NOT dropped")
        elif token.word == "IS" and after.word in ("NULL", "DISTINCT"):
            yield replaced(file, token.end, token.end, " NOT", "negation")
        elif token.word == "IN" and before != "NOT":
            yield replaced(file, token.start, token.end, "NOT IN", "negation")
        elif token.word in ("TRUE", "FALSE"):
            yield replaced(file, token.start, token.end, "false" if token.word == "TRUE" else "true", "constant")


def _functions(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    for token, after in pairwise(found):
        if token.word in _FUNCTIONS and after.text == "(":
            yield replaced(file, token.start, token.end, _FUNCTIONS[token.word], "function")


def _numbers(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    for before, token in pairwise(found):
        # Not the types' numbers, as in DECIMAL(18, 4).
        if token.kind != "number" or _is_in_a_type(token, found):
            continue
        changed = (
            f"{float(token.text) * 2:g}" if "." in token.text else str(0 if token.text == "1" else int(token.text) + 1)
        )
        if before.word != "BY":
            yield replaced(file, token.start, token.end, changed, "constant")


def _is_in_a_type(token: Token, found: Sequence[Token]) -> bool:
    place = found.index(token)
    return any(found[back].word == "DECIMAL" for back in range(max(place - 4, 0), place))


def _joins(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    others = {"LEFT": "INNER", "INNER": "LEFT", "ANTI": "SEMI", "SEMI": "ANTI"}
    for token, after in pairwise(found):
        if token.word in others and after.word == "JOIN":
            yield replaced(file, token.start, token.end, others[token.word], "join")
        elif token.word == "UNION":
            end = after.end if after.word == "ALL" else token.end
            yield replaced(file, token.start, end, "UNION" if after.word == "ALL" else "UNION ALL", "join")


def _orders(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    for index, token in enumerate(found):
        before = found[index - 1] if index else token
        if token.word == "DESC":
            yield replaced(file, token.start, token.end, "ASC", "order")
        elif token.word in ("FIRST", "LAST") and before.word == "NULLS":
            yield replaced(file, token.start, token.end, "FIRST" if token.word == "LAST" else "LAST", "order")
        elif token.word == "BY" and before.word in ("ORDER", "PARTITION"):
            items = _list_at(found, index + 1)
            if before.word == "PARTITION":
                yield replaced(file, before.start, items[-1][-1].end, "", "partition dropped")
            else:
                for item in items:
                    if not {"DESC", "ASC", "NULLS"} & {part.word for part in item}:
                        yield replaced(file, item[-1].end, item[-1].end, " DESC", "order")


def _list_at(found: Sequence[Token], start: int) -> list[list[Token]]:
    """Return the items of the list that begins at `start`, up to what cannot belong to it."""
    depth = found[start - 1].depth
    items: list[list[Token]] = [[]]
    for token in found[start:]:
        if token.depth < depth or (
            token.depth == depth and token.word in (*_AFTER_A_CLAUSE, "ROWS", "RANGE", "GROUPS", ")", "[")
        ):
            break
        if token.depth == depth and token.text == ",":
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]


def _predicates(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    """Drop each predicate of each clause."""
    for index, token in enumerate(found):
        if token.word in _CLAUSES:
            for part in _conjuncts(found, index + 1):
                if len(part) > 1 or part[0].word != "TRUE":
                    yield replaced(file, part[0].start, part[-1].end, "true", "predicate dropped")


def _conjuncts(found: Sequence[Token], start: int) -> list[list[Token]]:
    depth = found[start - 1].depth
    parts: list[list[Token]] = [[]]
    is_between = False
    for token in found[start:]:
        is_level = token.depth == depth
        if token.depth < depth or (is_level and (token.word in _AFTER_A_CLAUSE or token.text == ")")):
            break
        is_between = is_between or (is_level and token.word == "BETWEEN")
        if is_level and token.word in ("AND", "OR") and not is_between:
            parts.append([])
        else:
            parts[-1].append(token)
            is_between = is_between and not (is_level and token.word == "AND")
    return [part for part in parts if part]


def _cases(file: str, found: Sequence[Token]) -> Iterator[Mutation]:
    """Drop each WHEN in turn, so that the next branch answers for it."""
    for index, token in enumerate(found):
        if token.word == "WHEN":
            yield replaced(file, token.end, _value_start(found, index), " false ", "CASE branch never taken")


def _value_start(found: Sequence[Token], index: int) -> int:
    depth = found[index].depth
    return next(token.start for token in found[index:] if token.depth == depth and token.word == "THEN")
