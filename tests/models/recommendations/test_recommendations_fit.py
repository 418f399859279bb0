from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from models.family import Context, NotApplicableError, whole
from models.inputs import in_memory
from models.recommendations.fit import fit
from models.recommendations.parameters import RecommendationsParameters
from tests.feature_tables import rebuild_with_inputs
from warehouse.catalog import find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from models.family import Results
    from models.inputs import Tables

Row = tuple[str, int, str | None, int]

AS_OF = date(2024, 12, 30)
CONTEXT = Context(as_of=AS_OF, seed=5)
FEATURES = ("evaluation_periods", "sold_products", "buyers", "interactions", "ties")
QUICK = RecommendationsParameters(als_factors=8, bootstrap_samples=200, list_length=5)
THEMES = {
    "tea": ["青花瓷茶杯", "青花瓷茶壶", "手工茶杯垫", "绿茶茶叶罐", "红茶茶叶罐", "旅行茶具"],
    "sound": ["蓝牙耳机", "降噪蓝牙耳机", "蓝牙音箱", "耳机收纳盒", "无线音箱", "音箱支架"],
    "bath": ["纯棉浴巾", "纯棉毛巾", "浴室地垫", "浴巾架", "毛巾架", "浴帘"],
    "desk": ["木质笔筒", "木质书架", "钢笔墨水", "钢笔套装", "书架隔板", "笔记本"],
}
NAMES = [name for names in THEMES.values() for name in names]


def purchases(*, customer_count: int = 240, order_count: int = 12, seed: int = 1) -> list[Row]:
    """Each customer buys from one theme, and from anywhere one time in five; products are the names' numbers."""
    generator = np.random.default_rng(seed)
    rows: list[Row] = []
    for customer in range(customer_count):
        theme = customer % len(THEMES)
        for order in range(order_count):
            day = int(generator.integers(0, 360))
            for _ in range(2):
                inside = generator.random() < 0.8
                product = theme * 6 + generator.integers(6) if inside else generator.integers(len(NAMES))
                rows.append((f"O{customer}-{order}", int(product), f"C{customer:03}", day))
    return rows


def answer(tables: Tables, parameters: RecommendationsParameters, context: Context) -> Results:
    return whole(fit(in_memory(tables), parameters, context))


def load(
    shop: duckdb.DuckDBPyConnection, rows: Sequence[Row], *, text: bool = True, ties: Sequence[tuple[str, str]] = ()
) -> Tables:
    """Fill core from (order, product number, customer, day) and return the features as Arrow tables."""
    lines = pd.DataFrame(rows, columns=["order_id", "product", "customer_id", "day"])
    shop.register("lines", lines)
    shop.execute(
        "INSERT INTO core.order_lines BY NAME SELECT order_id, row_number() OVER ()::VARCHAR AS line_id, "
        "printf('P%02d', product) AS product_id, customer_id, 'test' AS source, 'l' AS load_id, 'sale' AS line_kind, "
        "false AS is_return, true AS is_product, 1 AS quantity, DATE '2024-01-01' + day::INTEGER AS ordered_on, "
        "ordered_on::TIMESTAMP AS ordered_at FROM lines"
    )
    if text:
        products = pd.DataFrame({"product_id": [f"P{code:02}" for code in range(len(NAMES))], "name": NAMES})
        shop.register("products", products)
        shop.execute(
            "INSERT INTO core.products BY NAME SELECT *, true AS is_product, false AS is_derived FROM products"
        )
    for one, other in ties:
        shop.execute("INSERT INTO core.social_ties BY NAME SELECT ? AS customer_id, ? AS friend_id", [one, other])
    for name in FEATURES:
        rebuild_with_inputs(shop, find(f"features.{name}"), {"as_of": AS_OF, "holdout_days": 90})
    return {f"features.{name}": shop.table(f"features.{name}").to_arrow_table() for name in FEATURES}


def theme_of(product_ids: pd.Series[str]) -> pd.Series[int]:
    return product_ids.str[1:].astype(int) // 6


def test_recommends_the_customers_theme_with_reasons(shop: duckdb.DuckDBPyConnection) -> None:
    results = answer(load(shop, purchases()), QUICK, CONTEXT)
    frame = results["recommendations"]
    assert (frame.groupby("customer_id").size() == 5).all()
    assert (theme_of(frame["product_id"]) == frame["customer_id"].str[1:].astype(int) % 4).mean() > 0.9
    repeats = frame[frame["is_repeat"]]
    assert repeats["reason"].str.match(r"You bought this (before, on 2024|in \d+ orders)").all()
    headline = results["model_metrics"].query("is_headline")
    assert headline["scope"].tolist() == ["all_products"]
    assert headline["value"].item() > results["model_metrics"].query("model == 'popularity'")["value"].iloc[0]


def test_new_products_only_where_asked(shop: duckdb.DuckDBPyConnection) -> None:
    rows = purchases(order_count=3)
    parameters = QUICK.model_copy(update={"include_bought": False})
    results = answer(load(shop, rows), parameters, CONTEXT)
    bought = {(customer, f"P{product:02}") for _, product, customer, _ in rows}
    frame = results["recommendations"]
    assert not frame["is_repeat"].any()
    assert not bought & set(zip(frame["customer_id"], frame["product_id"], strict=True))
    assert frame["reason"].str.startswith("Because you bought ").mean() > 0.5
    assert results["model_metrics"].query("is_headline")["scope"].tolist() == ["new_products"]
    assert set(results["model_metrics"].query("is_baseline")["model"]) == {"popularity"}


def test_chinese_text_finds_similar_products_that_nobody_bought_together(shop: duckdb.DuckDBPyConnection) -> None:
    # Every customer buys one product only, so that common buyers say nothing.
    rows = [(f"O{n}-{day}", n % len(NAMES), f"C{n:03}", day) for n in range(120) for day in (10, 340)]
    frame = answer(load(shop, rows), QUICK, CONTEXT)["similar_products"]
    assert set(frame["method"]) == {"content_tfidf"}
    first = frame[frame["similarity_rank"] == 1]
    assert len(first) >= 20
    assert (theme_of(first["product_id"]) == theme_of(first["similar_product_id"])).all()


def test_similar_products_are_bought_by_the_same_customers(shop: duckdb.DuckDBPyConnection) -> None:
    frame = answer(load(shop, purchases(), text=False), QUICK, CONTEXT)["similar_products"]
    assert set(frame["method"]) == {"item_cosine"}
    top = frame[frame["similarity_rank"] <= 3]
    assert (theme_of(top["product_id"]) == theme_of(top["similar_product_id"])).mean() > 0.95
    shop.execute("CREATE TABLE bought AS SELECT DISTINCT customer_id, product_id FROM core.order_lines")
    row = frame.iloc[0]
    both = shop.execute(
        "SELECT count(*) FROM bought a JOIN bought b USING (customer_id) WHERE a.product_id = ? AND b.product_id = ?",
        [row["product_id"], row["similar_product_id"]],
    ).fetchone()
    assert both
    assert row["reason"] == f"{both[0]} customers bought both."


def test_friends_purchases_are_recommended_where_they_foretell(shop: duckdb.DuckDBPyConnection) -> None:
    # Pairs of friends: the second buys, after the cut, what the first bought before it. Nothing else is to be learned.
    generator = np.random.default_rng(2)
    rows, ties = [], []
    for pair in range(150):
        leader, follower = f"A{pair:03}", f"B{pair:03}"
        products = generator.choice(len(NAMES), 4, replace=False).tolist()
        rows += [(f"O{leader}-{product}", product, leader, 100) for product in products[:3]]
        rows += [(f"O{follower}-first", products[3], follower, 120), (f"O{leader}-last", products[0], leader, 340)]
        rows += [(f"O{follower}-{product}", product, follower, 340 + at) for at, product in enumerate(products[:2])]
        rows += [(f"O{follower}-recent-{pair}", int(generator.integers(len(NAMES))), f"X{pair}", 250)]
        ties += [(follower, leader)]
    parameters = QUICK.model_copy(update={"include_bought": False, "only_recently_sold": False})
    results = answer(load(shop, rows, text=False, ties=ties), parameters, CONTEXT)
    metrics = results["model_metrics"].query("scope == 'new_products' and metric == 'ndcg_at_5'").set_index("model")
    assert metrics["lower"].to_dict()["friends"] > metrics["upper"].to_dict()["popularity"]
    assert metrics["is_champion"].idxmax() in {"friends", "blend"}
    followers = results["recommendations"].query("customer_id.str.startswith('B') and recommendation_rank == 1")
    assert (followers["reason"] == "A friend of yours bought this.").mean() > 0.9


def test_same_seed_same_answer_whatever_the_order_of_rows(shop: duckdb.DuckDBPyConnection) -> None:
    inputs = load(shop, purchases(customer_count=80), ties=[("C001", "C002"), ("C003", "C007")])
    generator = np.random.default_rng(0)
    shuffled = {name: table.take(generator.permutation(table.num_rows)) for name, table in inputs.items()}
    one, other = answer(inputs, QUICK, CONTEXT), answer(shuffled, QUICK, CONTEXT)
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name])


def test_only_the_latest_customers_are_served_where_the_limit_says_so(shop: duckdb.DuckDBPyConnection) -> None:
    parameters = QUICK.model_copy(update={"customer_limit": 7})
    results = answer(load(shop, purchases(customer_count=60)), parameters, CONTEXT)
    latest = shop.execute(
        "SELECT customer_id FROM features.buyers ORDER BY last_ordered_on DESC, customer_code LIMIT 7"
    ).fetchall()
    assert set(results["recommendations"]["customer_id"]) == {customer for (customer,) in latest}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("O1", 1, None, 3), ("O2", 2, None, 300)], "no order names its customer"),
        ([("O1", 1, "C1", 3)], "too few days"),
        ([("O1", 1, "C1", 3), ("O2", 1, "C1", 350)], "only 1 customers bought both before"),
        ([], "no order names its customer"),
    ],
)
def test_says_why_it_cannot_answer(shop: duckdb.DuckDBPyConnection, rows: Sequence[Row], message: str) -> None:
    with pytest.raises(NotApplicableError, match=message):
        answer(load(shop, rows), QUICK, CONTEXT)


@pytest.mark.parametrize("name", ["recommendations", "similar_products", "model_metrics", "model_parameters"])
def test_results_keep_their_contracts(shop: duckdb.DuckDBPyConnection, name: str) -> None:
    frame = answer(load(shop, purchases(customer_count=80)), QUICK, CONTEXT)[name]
    table = find(f"results.{name}")
    assert set(frame.columns) == set(table.given_names)
    consents: dict[str, bool | str] = {"may_contact": True, "contact_channels": "all"} if table.names_customers else {}
    given = frame.assign(**dict.fromkeys(table.written_in, "2024-12-30"), **consents)
    shop.register("given", given)
    shop.execute(f"INSERT INTO results.{name} BY NAME SELECT * FROM given")
    assert not given.duplicated(list(table.key)).any()
    for column in table.columns:
        if column.minimum is not None:
            assert (frame[column.name].dropna() >= column.minimum).all()
        if column.maximum is not None:
            assert (frame[column.name].dropna() <= column.maximum).all()
        if column.allowed:
            assert set(frame[column.name]) <= set(column.allowed)
    for check in table.checks:
        assert shop.execute(f"SELECT count(*) FROM results.{name} WHERE {check.violation}").fetchone() == (0,)
    for question in table.questions:
        shop.execute(question.sql)


def test_friends_help_on_the_listening_of_lastfm(shop: duckdb.DuckDBPyConnection, real_data: Path) -> None:
    # Every listener's artists are parted in two at random, as if one half had been heard earlier.
    listening = pd.read_csv(real_data / "lastfm" / "user_artists.dat", sep="\t")
    friends = pd.read_csv(real_data / "lastfm" / "user_friends.dat", sep="\t")
    listening = listening[listening["userID"] % 4 == 0]
    days = np.where(np.random.default_rng(3).random(len(listening)) < 0.6, 100, 340)
    rows = [
        (f"O{listener}-{artist}", artist, f"L{listener}", day)
        for listener, artist, day in zip(listening["userID"], listening["artistID"], days, strict=True)
    ]
    ties = [(f"L{one}", f"L{other}") for one, other in friends.to_numpy() if one % 4 == 0 and other % 4 == 0]
    inputs = load(shop, rows, text=False, ties=ties)
    parameters = RecommendationsParameters(include_bought=False, only_recently_sold=False, bootstrap_samples=200)
    metrics = answer(inputs, parameters, CONTEXT)["model_metrics"]
    metrics = metrics.query("scope == 'new_products' and metric == 'ndcg_at_10'").set_index("model")
    values, lower, upper = (metrics[name].to_dict() for name in ("value", "lower", "upper"))
    assert min(lower[better] for better in ("als", "item_cosine", "blend")) > upper["popularity"]
    assert values["friends"] > values["popularity"]


def test_a_sample_of_the_customers_teaches_and_all_are_served(shop: duckdb.DuckDBPyConnection) -> None:
    inputs = load(shop, purchases(), ties=[("C001", "C002"), ("C003", "C007")])
    parameters = QUICK.model_copy(update={"fit_sample_size": 60})
    results = answer(inputs, parameters, CONTEXT)
    frame = results["recommendations"]
    assert frame["customer_id"].nunique() == inputs["features.buyers"].num_rows > 60
    assert (theme_of(frame["product_id"]) == frame["customer_id"].str[1:].astype(int) % 4).mean() > 0.9
    fitted = results["model_parameters"].set_index("parameter")["value"]
    assert fitted["fit_customer_count"] == 60
    assert fitted["customer_count"] == inputs["features.buyers"].num_rows
    bought = results["similar_products"].query("method == 'item_cosine'")["reason"]
    assert bought.str.fullmatch(r"Of 60 customers looked at, \d+ bought both\.").all()
    generator = np.random.default_rng(0)
    shuffled = {name: table.take(generator.permutation(table.num_rows)) for name, table in inputs.items()}
    other = answer(shuffled, parameters, CONTEXT)
    for name, rows in results.items():
        pd.testing.assert_frame_equal(rows, other[name])


def test_too_many_pairs_of_products_are_counted_on_fewer_customers_and_that_is_told(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    context = Context(as_of=CONTEXT.as_of)
    results = answer(load(shop, purchases()), QUICK.model_copy(update={"maximum_product_pairs": 5_000}), context)
    (remark,) = context.remarks
    assert remark.startswith("Recommenders were fitted on ")
    fitted = results["model_parameters"].set_index("parameter")["value"]
    assert fitted["fit_customer_count"] < fitted["customer_count"]
    assert f"{fitted['fit_customer_count']:,.0f} customers" in remark


def test_more_pairs_of_products_than_are_enough_are_not_learned_from_but_judged_on_as_before(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    context = Context(as_of=CONTEXT.as_of)
    tables = load(shop, purchases())
    # Ten times for each pair of the 24 products are 5,760 pairs; as many are always counted.
    fewer = answer(tables, QUICK.model_copy(update={"sufficient_product_pairs": 1}), context)
    everybody = answer(tables, QUICK, context)
    assert not context.remarks
    fitted = fewer["model_parameters"].set_index("parameter")["value"]
    assert fitted["fit_customer_count"] < fitted["customer_count"]
    for results in (fewer, everybody):
        assert results["recommendations"]["customer_id"].nunique() == fitted["customer_count"]
    counts = [results["model_metrics"]["observation_count"].tolist() for results in (fewer, everybody)]
    assert counts[0] == counts[1]
