"""What an answer to a query is."""

from __future__ import annotations

from tasks.queries import Answer


def test_columns_without_a_value_are_left_out() -> None:
    answer = Answer(("source", "read", "waiting", "set aside"), (("till", 0, None, None), ("web", None, None, 3)))
    assert answer.without_empty_columns() == Answer(
        ("source", "read", "set aside"), (("till", 0, None), ("web", None, 3))
    )
