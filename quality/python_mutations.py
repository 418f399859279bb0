"""Small changes to Python: comparisons, arithmetic, and/or, constants, early returns, dropped statements, its SQL."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from quality.mutation import Mutation, distinct, replaced
from quality.sql_mutations import sql_mutations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "floor": "ceil",
    "ceil": "floor",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "mean": "median",
    "cumsum": "cumprod",
    "idxmin": "idxmax",
    "idxmax": "idxmin",
}
# What a message says decides nothing.
_SILENT = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom, ast.Assert)
_SQL = re.compile(r"\b(SELECT|DELETE FROM|INSERT INTO|UPDATE|WHERE|GROUP BY|ORDER BY)\b")
_LITERAL = re.compile(r'[a-zA-Z]{0,2}(?P<quote>"""|\'\'\'|"|\')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)', re.DOTALL)


def python_mutations(file: str, source: str) -> list[Mutation]:
    """Return every mutation of a Python file."""
    return distinct(_Mutator(file, source).run())


class _Mutator:
    def __init__(self, file: str, source: str) -> None:
        self._file, self._source = file, source
        # The syntax tree counts columns in bytes.
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))
        self._lines = source.splitlines(keepends=True)

    def run(self) -> Iterator[Mutation]:
        tree = ast.parse(self._source)
        yield from self._of_children(tree)

    def _of(self, node: ast.AST) -> Iterator[Mutation]:
        if isinstance(node, ast.Constant | ast.JoinedStr) and self._is_sql(node):
            yield from self._sql(node)
            return
        if isinstance(node, _SILENT) or _is_for_types(node) or _is_setting(node):
            return
        for kind, maker in self._MAKERS.items():
            if isinstance(node, kind):
                yield from maker(self, node)
        yield from self._of_children(node)

    def _of_children(self, node: ast.AST) -> Iterator[Mutation]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._of(child)

    def _start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def _end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        return self._line_starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _text(self, node: ast.AST) -> str:
        return self._source[self._start(node) : self._end(node)]

    def _replace(self, node: ast.AST, new: str, kind: str) -> Mutation:
        return replaced(self._file, self._start(node), self._end(node), new, kind)

    def _between(self, left: ast.AST, right: ast.AST, old: str, new: str, kind: str) -> Iterator[Mutation]:
        """Replace the operator `old` that stands between two operands."""
        start, end = self._end(left), self._start(right)
        gap = re.sub(r"#[^\n]*", lambda comment: " " * len(comment.group()), self._source[start:end])
        pattern = r"\s+".join(re.escape(part) for part in old.split())
        match = re.search(rf"(?<!\w){pattern}(?!\w)" if old[0].isalpha() else pattern, gap)
        if match:
            yield replaced(self._file, start + match.start(), start + match.end(), new, kind)

    def _compare(self, node: ast.Compare) -> Iterator[Mutation]:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, node.comparators, strict=False):
            yield from self._between(left, right, *_COMPARISONS[type(operator)], "comparison")

    def _binary(self, node: ast.BinOp) -> Iterator[Mutation]:
        if type(node.op) in _ARITHMETIC and not (_is_text(node.left) or _is_text(node.right)):
            yield from self._between(node.left, node.right, *_ARITHMETIC[type(node.op)], "arithmetic")

    def _boolean(self, node: ast.BoolOp) -> Iterator[Mutation]:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from self._between(left, right, old, new, "and, or")

    def _unary(self, node: ast.UnaryOp) -> Iterator[Mutation]:
        if isinstance(node.op, ast.Not | ast.USub) and not isinstance(node.operand, ast.Constant):
            yield self._replace(node, f"({self._text(node.operand)})", "negation dropped")

    def _constant(self, node: ast.Constant) -> Iterator[Mutation]:
        if isinstance(node.value, bool):
            yield self._replace(node, str(not node.value), "constant")
        elif isinstance(node.value, int):
            yield self._replace(node, str(node.value + 1), "constant")
        elif isinstance(node.value, float):
            yield self._replace(node, repr(node.value * 2 or 1.0), "constant")

    def _condition(self, node: ast.If | ast.IfExp | ast.While) -> Iterator[Mutation]:
        yield self._replace(node.test, f"not ({self._text(node.test)})", "condition turned")

    def _return(self, node: ast.Return) -> Iterator[Mutation]:
        if node.value is not None and self._text(node.value) != "None":
            yield self._replace(node.value, "None", "returns nothing")

    def _statement(self, node: ast.Expr | ast.AugAssign) -> Iterator[Mutation]:
        if isinstance(node, ast.AugAssign) or isinstance(node.value, ast.Call):
            yield self._replace(node, "pass", "statement dropped")

    def _call(self, node: ast.Call) -> Iterator[Mutation]:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name in _NAMES:
            end = self._end(function)
            yield replaced(self._file, end - len(name), end, _NAMES[name], "function")

    def _filter(self, node: ast.comprehension) -> Iterator[Mutation]:
        for condition in node.ifs:
            yield self._replace(condition, "True", "filter dropped")

    def _function(self, node: ast.FunctionDef) -> Iterator[Mutation]:
        """Return at once, where a function is a list of things to do."""
        body = [part for part in node.body if not _is_docstring(part)]
        if len(body) > 1 and not any(isinstance(part, ast.Return) and part.value for part in ast.walk(node)):
            start = self._start(body[0])
            yield replaced(self._file, start, start, f"return\n{' ' * body[0].col_offset}", "returns early")

    def _is_sql(self, node: ast.Constant | ast.JoinedStr) -> bool:
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            return False
        return bool(_SQL.search(self._text(node)))

    def _sql(self, node: ast.AST) -> Iterator[Mutation]:
        for literal in _LITERAL.finditer(self._text(node)):
            start = self._start(node) + literal.start("body")
            yield from sql_mutations(self._file, literal["body"], start)

    _MAKERS: dict[type[ast.AST], Callable[..., Iterator[Mutation]]] = {  # noqa: RUF012 - a table of the class's methods
        ast.Compare: _compare,
        ast.BinOp: _binary,
        ast.BoolOp: _boolean,
        ast.UnaryOp: _unary,
        ast.Constant: _constant,
        ast.If: _condition,
        ast.IfExp: _condition,
        ast.While: _condition,
        ast.Return: _return,
        ast.Expr: _statement,
        ast.AugAssign: _statement,
        ast.Call: _call,
        ast.comprehension: _filter,
        ast.FunctionDef: _function,
    }


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return _is_docstring(node) or (
        isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )


def _is_setting(node: ast.AST) -> bool:
    """Is it the default of a setting? Another one would be as right."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field"
