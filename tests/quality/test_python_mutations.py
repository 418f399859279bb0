from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from quality.areas import mutations_of
from quality.python_mutations import python_mutations
from quality.trial import ROOT


def changed(source: str, kind: str) -> list[str]:
    return [mutation.applied(source) for mutation in python_mutations("a.py", source) if mutation.kind == kind]


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("comparison", "a < b <= c", ["a <= b <= c", "a < b < c"]),
        ("comparison", "a not in b", ["a in b"]),
        ("comparison", "a is not None", ["a is None"]),
        ("arithmetic", "é + b // 2", ["é - b // 2", "é + b / 2"]),
        ("arithmetic", "'a' + b", []),
        ("and, or", "a and b and c", ["a or b and c", "a and b or c"]),
        ("negation dropped", "not a", ["(a)"]),
        ("constant", "f(True, 3, 0.5, 'x')", ["f(False, 3, 0.5, 'x')", "f(True, 4, 0.5, 'x')", "f(True, 3, 1.0, 'x')"]),
        ("constant", "seed: int = Field(default=3)", []),
        ("function", "np.minimum(a, b)", ["np.maximum(a, b)"]),
        ("condition turned", "a if b else c", ["a if not (b) else c"]),
        ("filter dropped", "[a for a in b if c]", ["[a for a in b if True]"]),
        ("constant", "raise ValueError(3)", []),
    ],
)
def test_a_kind_of_change(kind: str, source: str, expected: list[str]) -> None:
    assert changed(source, kind) == expected


def test_a_function_returns_nothing_or_at_once_or_leaves_something_out() -> None:
    source = dedent("""\
        def f(a):
            '''Say.'''
            g(a)
            h(a)

        def k(a):
            return a
    """)
    assert changed(source, "returns nothing") == [source.replace("return a", "return None")]
    assert changed(source, "returns early") == [source.replace("    g(a)", "    return\n    g(a)")]
    assert changed(source, "statement dropped") == [source.replace("g(a)", "pass"), source.replace("h(a)", "pass")]


def test_sql_in_python_is_changed_as_sql() -> None:
    source = 'ask(f"SELECT a FROM {table + 1} "\n    "WHERE b >= c")'
    assert changed(source, "comparison") == [source.replace(">=", ">")]
    assert changed(source, "predicate dropped") == [source.replace("b >= c", "true")]
    assert changed(source, "arithmetic") == []


def test_every_change_is_a_program_and_changes_something() -> None:
    file = "warehouse/building.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    before = ast.dump(ast.parse(text))
    changes = mutations_of(ROOT, file)
    assert len(changes) > 10
    for mutation in changes:
        assert ast.dump(ast.parse(mutation.applied(text))) != before, mutation
