from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from models.basket_rules.baskets import mine, read_baskets, smallest_count
from models.basket_rules.evaluation import count_in, hits
from models.basket_rules.fit import fit
from models.basket_rules.parameters import BasketRulesParameters
from models.basket_rules.rules import Rules
from models.family import Context, NotApplicableError
from models.inputs import in_memory
from warehouse.catalog import find

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import ArrayLike

    from models.basket_rules.eclat import Codes
    from models.family import Results
    from models.inputs import Tables

AS_OF = date(2024, 6, 30)
CUT = AS_OF - timedelta(days=31)
CONTEXT = Context(as_of=AS_OF, seed=3)
ORDER_COUNT, PRODUCT_COUNT = 3_000, 30
PARAMETERS = BasketRulesParameters(minimum_support=0.01, minimum_confidence=0.3)


def inputs_of(orders: ArrayLike, items: ArrayLike, *, cut: float = 0.75) -> Tables:
    """The features of orders numbered by time; the first share of them is the training period."""
    orders, items = np.asarray(orders), np.asarray(items)
    order_count, product_count = int(orders.max()) + 1, int(items.max()) + 1
    is_holdout = orders >= cut * order_count
    counts = [np.bincount(items[part], minlength=product_count) for part in (~is_holdout, is_holdout)]
    several = np.bincount(orders)[orders] > 1
    training_count = int(cut * order_count)
    training = {"order_count": training_count, "started_on": AS_OF - timedelta(100), "ended_on": CUT}
    holdout = {"order_count": order_count - training_count, "started_on": CUT + timedelta(1), "ended_on": AS_OF}
    periods = [{"period": "training", **training}, {"period": "holdout", **holdout}]
    return {
        "features.evaluation_periods": pa.Table.from_pylist(periods),
        "features.sold_products": pa.table(
            {
                "product_code": pa.array(range(product_count), pa.int32()),
                "product_id": [f"P{code}" for code in range(product_count)],
                "name": [f"Product {code}" for code in range(product_count)],
                "training_order_count": counts[0],
                "holdout_order_count": counts[1],
                "training_recent_order_count": counts[0],
            }
        ),
        "features.baskets": pa.table(
            {
                "order_code": pa.array(orders[several], pa.int32()),
                "product_code": pa.array(items[several], pa.int32()),
                "placed_on": [CUT + timedelta(days=int(later)) for later in is_holdout[several]],
            }
        ),
    }


def uncounted(antecedents: Codes, consequents: Codes) -> Rules:
    ones = np.ones(len(antecedents), dtype=np.int64)
    return Rules(antecedents, consequents, ones, ones, ones, np.zeros(len(antecedents)))


@pytest.fixture(scope="module")
def planted() -> Tables:
    """Products bought at random, but who buys 0 mostly buys 1, and who buys 2 and 3 mostly buys 4."""
    generator = np.random.default_rng(8)
    table = generator.random((ORDER_COUNT, PRODUCT_COUNT)) < 0.06
    table[:, 1] |= table[:, 0] & (generator.random(ORDER_COUNT) < 0.8)
    pair = generator.random(ORDER_COUNT) < 0.05
    table[:, 2] |= pair
    table[:, 3] |= pair
    table[:, 4] |= table[:, 2] & table[:, 3] & (generator.random(ORDER_COUNT) < 0.9)
    return inputs_of(*np.nonzero(table))


@pytest.fixture(scope="module")
def results(planted: Tables) -> Results:
    return fit(in_memory(planted), PARAMETERS, CONTEXT)


def test_finds_the_planted_rules_and_no_other_products(results: Results) -> None:
    rules = results["basket_rules"]
    found = {(tuple(left), tuple(right)) for left, right in zip(rules["antecedent"], rules["consequent"], strict=True)}
    assert (("P0",), ("P1",)) in found
    assert (("P2", "P3"), ("P4",)) in found
    planted = {f"P{code}" for code in range(5)}
    assert all(set(left) | set(right) <= planted for left, right in found)


def test_rules_hold_out_of_time_and_beat_popularity(results: Results) -> None:
    metrics = results["model_metrics"]
    headline = metrics[metrics["is_headline"]]
    assert headline["model"].tolist() == ["association_rules"]
    assert metrics.loc[metrics["is_baseline"], "metric"].tolist() == headline["metric"].tolist()
    assert (metrics.set_index("metric")["lower"].loc[["hit_rate_at_3_gain"]] > 0).all()
    held = metrics.set_index("metric").loc["lift_above_1_share"]
    assert held["value"] == 1
    rules = results["basket_rules"].set_index("reading")
    known = rules[rules["is_known_before_holdout"]]
    assert (known["holdout_lift"] > 1).all()
    assert rules.loc[~rules["is_known_before_holdout"], "holdout_lift"].isna().all()


def test_a_rule_reads_as_a_sentence(results: Results) -> None:
    rule = results["basket_rules"].set_index("antecedent_names").loc["Product 0"]
    share = rule["order_count"] / rule["antecedent_order_count"]
    assert rule["reading"] == (
        f"Of {rule['antecedent_order_count']} orders with Product 0, {rule['order_count']} ({share:.0%}) "
        f"also had Product 1: {rule['lift']:.1f} times the share among all orders."
    )


def test_supports_are_shares_of_all_orders_also_those_of_one_product(results: Results, planted: Tables) -> None:
    rule = results["basket_rules"].set_index("antecedent_names").loc["Product 0"]
    products = planted["features.sold_products"].to_pandas()
    counts = products["training_order_count"] + products["holdout_order_count"]
    assert rule["antecedent_order_count"] == counts[0]
    assert rule["total_order_count"] == ORDER_COUNT
    assert rule["lift"] == pytest.approx(rule["order_count"] * ORDER_COUNT / counts[0] / counts[1])


def test_results_keep_their_contract(shop: duckdb.DuckDBPyConnection, results: Results) -> None:
    table, frame = find("results.basket_rules"), results["basket_rules"]
    assert (*frame.columns, "as_of", "run_id") == table.column_names
    shop.execute(
        "INSERT INTO results.basket_rules BY NAME SELECT *, DATE '2024-06-30' AS as_of, 'r' AS run_id FROM frame"
    )
    assert not frame["rule_id"].duplicated().any()
    for column in table.columns:
        if column.minimum is not None:
            assert (frame[column.name].dropna() >= column.minimum).all()
        if column.maximum is not None:
            assert (frame[column.name].dropna() <= column.maximum).all()
    for check in table.checks:
        assert shop.execute(f"SELECT count(*) FROM results.basket_rules WHERE {check.violation}").fetchone() == (0,)
    for question in table.questions:
        assert shop.execute(question.sql).fetchall()


def test_same_seed_same_answer_whatever_the_order_of_rows(results: Results, planted: Tables) -> None:
    generator = np.random.default_rng(0)
    shuffled = {name: table.take(generator.permutation(table.num_rows)) for name, table in planted.items()}
    again = fit(in_memory(shuffled), PARAMETERS, CONTEXT)
    for name, frame in results.items():
        pd.testing.assert_frame_equal(frame, again[name])


def test_chance_alone_gives_no_rule() -> None:
    orders, items = np.nonzero(np.random.default_rng(9).random((2_000, 20)) < 0.1)
    with pytest.raises(NotApplicableError, match="lower minimum_support"):
        fit(
            in_memory(inputs_of(orders, items)),
            BasketRulesParameters(minimum_confidence=0, minimum_improvement=-1),
            CONTEXT,
        )


def test_rare_products_and_the_orders_that_they_leave_alone_are_left_out() -> None:
    """Products 0 and 1 are together in 41 orders, 2 is in two of the first and 3 in one of the last, each with 0."""
    pairs = [(order, item) for order in (*range(40), 98) for item in (0, 1)]
    pairs += [(40, 0), (40, 2), (41, 0), (41, 2), (99, 0), (99, 3)]
    tables = in_memory(inputs_of(*zip(*pairs, strict=True)))
    enough, share = {"minimum_support": 0.5, "sufficient_order_count": 2}, {"minimum_support": 0.2}
    for changes, items in ((enough, {0, 1, 2}), (share, {0, 1})):
        window = read_baskets(tables, PARAMETERS.model_copy(update=changes), 0).everything
        assert set(window.items) == items
        assert 99 not in window.orders


def test_one_day_is_too_short(planted: Tables) -> None:
    periods = planted["features.evaluation_periods"]
    with pytest.raises(NotApplicableError, match="at least four days of sales"):
        fit(in_memory({**planted, "features.evaluation_periods": periods.slice(0, 1)}), PARAMETERS, CONTEXT)


@pytest.mark.parametrize(("without", "message"), [({False}, "no order before"), ({True}, "no order from")])
def test_one_product_orders_cannot_answer(planted: Tables, without: set[bool], message: str) -> None:
    baskets = planted["features.baskets"]
    kept = [(placed_on > CUT) not in without for placed_on in baskets["placed_on"].to_pylist()]
    with pytest.raises(NotApplicableError, match=message):
        fit(in_memory({**planted, "features.baskets": baskets.filter(pa.array(kept))}), PARAMETERS, CONTEXT)


def test_support_is_raised_until_the_itemsets_are_few_enough() -> None:
    orders, items = np.nonzero(np.random.default_rng(10).random((400, 16)) < np.linspace(0.2, 0.9, 16))
    baskets = read_baskets(in_memory(inputs_of(orders, items)), PARAMETERS, 0)
    parameters = BasketRulesParameters(minimum_support=0.01, maximum_itemset_length=6, maximum_itemsets=1_000)
    itemsets, minimum_count = mine(baskets.everything, parameters)
    assert sum(len(level.counts) for level in itemsets.values()) <= 1_000
    assert minimum_count > 4
    assert all(level.counts.min() >= minimum_count for level in itemsets.values())


def test_so_many_orders_are_enough_whatever_the_share(planted: Tables) -> None:
    window = read_baskets(in_memory(planted), PARAMETERS, 0).everything
    counts = {
        enough: smallest_count(window, BasketRulesParameters(minimum_support=0.01, sufficient_order_count=enough))
        for enough in (7, ORDER_COUNT)
    }
    assert counts == {7: 7, ORDER_COUNT: ORDER_COUNT // 100}


def test_what_a_sample_finds_is_counted_in_all_orders(planted: Tables, results: Results) -> None:
    context = Context(as_of=CONTEXT.as_of, seed=1)
    parameters = PARAMETERS.model_copy(update={"fit_sample_size": planted["features.baskets"].num_rows // 2})
    sampled = fit(in_memory(planted), parameters, context)
    columns = ["rule_id", "order_count", "antecedent_order_count", "lift", "improvement", "holdout_lift"]
    strongest = results["basket_rules"][columns].head(3)
    assert_frame_equal(sampled["basket_rules"][columns].head(3), strongest)
    assert context.remarks[0].startswith("Itemsets were looked for in 50.0% of the orders and counted in all of them")
    fitted = sampled["model_parameters"].set_index("parameter")["value"]
    assert fitted["fit_order_share"] == pytest.approx(0.5, abs=0.001)
    assert fitted["order_count"] == ORDER_COUNT
    generator = np.random.default_rng(0)
    shuffled = {name: table.take(generator.permutation(table.num_rows)) for name, table in planted.items()}
    other = fit(in_memory(shuffled), parameters, context)
    assert_frame_equal(sampled["basket_rules"], other["basket_rules"])


def test_rules_are_recounted_in_later_orders() -> None:
    # Later orders: {0, 1, 2}, {0, 1}, {0}, {2, 3}.
    later = [(4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (6, 0), (7, 2), (7, 3)]
    earlier = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 0), (2, 3), (3, 1), (3, 2)]
    orders, items = zip(*(earlier + later), strict=True)
    baskets = read_baskets(in_memory(inputs_of(orders, items, cut=0.5)), PARAMETERS, 0)
    rules = uncounted(np.array([[0, -1], [0, 1]], dtype=np.int32), np.array([[1], [2]], dtype=np.int32))
    found = count_in(rules, baskets.holdout)
    assert found.order_counts.tolist() == [2, 1]
    assert found.antecedent_counts.tolist() == [3, 2]
    assert found.consequent_counts.tolist() == [2, 2]


def test_a_rule_hits_when_its_consequent_is_hidden() -> None:
    # Each later basket is {0, 1}; whichever half is given, one of the two rules proposes the other half.
    earlier = [(0, 2), (0, 3), (1, 2), (1, 4), (2, 2), (2, 3)]
    later = [(order, item) for order in (3, 4, 5) for item in (0, 1)]
    orders, items = zip(*(earlier + later), strict=True)
    baskets = read_baskets(in_memory(inputs_of(orders, items, cut=0.5)), PARAMETERS, 0)
    rules = uncounted(np.array([[0], [1]], dtype=np.int32), np.array([[1], [0]], dtype=np.int32))
    judged = hits(
        rules,
        np.array([0.5, 0.5]),
        baskets.holdout,
        baskets.recent_counts,
        shown_count=1,
        order_limit=10,
        generator=np.random.default_rng(0),
    )
    assert judged.rules.tolist() == judged.fired.tolist() == [True] * 3
    assert judged.popularity.tolist() == [False] * 3
