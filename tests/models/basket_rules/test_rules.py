from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
from mlxtend import frequent_patterns

from models.basket_rules.eclat import frequent_itemsets
from models.basket_rules.measures import measures
from models.basket_rules.rules import NO_ITEM, association_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.basket_rules.rules import Rules

ORDER_COUNT = 400


@pytest.fixture(scope="module")
def table() -> NDArray[np.bool_]:
    generator = np.random.default_rng(11)
    return generator.random((ORDER_COUNT, 12)) < generator.uniform(0.1, 0.6, 12)


def rules_of(table: NDArray[np.bool_], consequent_length: int = 7) -> Rules:
    orders, items = np.nonzero(table)
    return association_rules(frequent_itemsets(orders, items, minimum_count=8), len(table), consequent_length)


def sides(rules: Rules) -> list[tuple[frozenset[int], frozenset[int]]]:
    return [
        (frozenset(a.tolist()) - {NO_ITEM}, frozenset(c.tolist()) - {NO_ITEM})
        for a, c in zip(rules.antecedents, rules.consequents, strict=True)
    ]


def test_rules_and_measures_are_those_of_mlxtend(table: NDArray[np.bool_]) -> None:
    itemsets = frequent_patterns.fpgrowth(pd.DataFrame(table), min_support=8 / ORDER_COUNT)
    expected = frequent_patterns.association_rules(itemsets, metric="support", min_threshold=0)
    expected.index = list(zip(expected["antecedents"], expected["consequents"], strict=True))
    rules = rules_of(table)
    found = pd.DataFrame(measures(rules, ORDER_COUNT), index=sides(rules))
    assert set(found.index) == set(expected.index)
    assert len(found) == len(expected) > 500
    expected = expected.rename(columns=lambda name: name.replace(" ", "_")).reindex(found.index)
    for name in found:
        np.testing.assert_allclose(
            found[name], expected[name].replace(np.inf, np.nan), rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_support_and_lift_of_pairs_are_those_of_sql(table: NDArray[np.bool_]) -> None:
    orders, items = np.nonzero(table)
    lines = pd.DataFrame({"order_code": orders, "item": items})
    with duckdb.connect() as connection:
        connection.register("lines", lines)
        expected = connection.execute(
            "WITH single AS (SELECT item, count(*) AS n FROM lines GROUP BY item) "
            "SELECT a.item, c.item, count(*), count(*) * 400 / (any_value(sa.n) * any_value(sc.n)) "
            "FROM lines a JOIN lines c USING (order_code) JOIN single sa ON sa.item = a.item "
            "JOIN single sc ON sc.item = c.item WHERE a.item <> c.item GROUP BY ALL HAVING count(*) >= 8"
        ).fetchall()
    rules = rules_of(table)
    lifts = measures(rules, ORDER_COUNT)["lift"]
    found = {
        (*antecedent, *consequent): (count, pytest.approx(lift))
        for (antecedent, consequent), count, lift in zip(sides(rules), rules.order_counts, lifts, strict=True)
        if len(antecedent) == len(consequent) == 1
    }
    assert found == {(a, c): (count, lift) for a, c, count, lift in expected}


def test_improvement_is_over_the_best_simpler_rule() -> None:
    # 0 -> 2 has confidence 3/4, 1 -> 2 has 2/3, nothing -> 2 has 4/8; together they have 2/2.
    baskets = [{0, 1, 2}, {0, 1, 2}, {0, 2}, {0}, {1}, {2}, {3}, {3}]
    orders, items = zip(*[(order, item) for order, basket in enumerate(baskets) for item in basket], strict=True)
    rules = association_rules(frequent_itemsets(np.array(orders), np.array(items), minimum_count=1), 8, 1)
    gains = dict(zip(sides(rules), rules.improvements, strict=True))
    assert gains[frozenset({0, 1}), frozenset({2})] == pytest.approx(1 - 3 / 4)
    assert gains[frozenset({0}), frozenset({2})] == pytest.approx(3 / 4 - 4 / 8)


def test_the_right_side_is_as_long_as_asked(table: NDArray[np.bool_]) -> None:
    rules = rules_of(table, consequent_length=1)
    assert rules.consequents.shape[1] == 1
    assert {len(consequent) for _, consequent in sides(rules)} == {1}


def test_no_pair_gives_no_rule() -> None:
    rules = association_rules(frequent_itemsets(np.array([0, 1]), np.array([0, 1]), minimum_count=1), 2, 1)
    assert len(rules) == 0
    assert len(measures(rules, 2)["lift"]) == 0
