"""What was planted in the demo shop can be found again in its clean rows, with plain SQL."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import duckdb

pytestmark = pytest.mark.long


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    row = connection.sql(sql).fetchone()
    assert row is not None
    return float(row[0])


def test_bundles_are_bought_together(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rows = clean_shop.sql(
        """
        WITH pairs AS (
            SELECT one.sku AS one_sku, other.sku AS other_sku, one.order_share
            FROM truth_bundles AS one
            INNER JOIN truth_bundles AS other ON other.bundle_number = one.bundle_number AND other.sku > one.sku
        ),
        baskets AS (SELECT order_number, unnest(skus) AS sku FROM orders),
        supports AS (SELECT sku, count(*) / (SELECT count(*) FROM orders) AS support FROM baskets GROUP BY sku),
        together AS (
            SELECT one_sku, other_sku, any_value(order_share) AS order_share,
                count(*) / (SELECT count(*) FROM orders) AS support
            FROM pairs
            INNER JOIN baskets AS one ON one.sku = one_sku
            INNER JOIN baskets AS other ON other.sku = other_sku AND other.order_number = one.order_number
            GROUP BY one_sku, other_sku
        )
        SELECT together.support / (one.support * other.support), together.support / order_share
        FROM together
        INNER JOIN supports AS one ON one.sku = one_sku
        INNER JOIN supports AS other ON other.sku = other_sku
        """
    ).fetchall()
    planted = number(
        clean_shop, "SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM truth_bundles GROUP BY bundle_number)"
    )
    assert len(rows) == planted
    assert min(lift for lift, _ in rows) > 3
    assert all(0.7 < found_to_planted < 1.6 for _, found_to_planted in rows)


def test_unplanted_pairs_have_no_such_lift(clean_shop: duckdb.DuckDBPyConnection) -> None:
    lift = number(
        clean_shop,
        """
        WITH baskets AS (
            SELECT order_number, unnest(skus) AS sku FROM orders
            WHERE NOT list_has_any(skus, (SELECT list(sku) FROM truth_bundles))
        ),
        supports AS (
            SELECT sku, count(*) AS n FROM baskets WHERE sku <> 'POSTAGE' GROUP BY sku ORDER BY n DESC LIMIT 20
        ),
        pairs AS (
            SELECT one.sku AS one_sku, other.sku AS other_sku, count(*) AS n
            FROM baskets AS one
            INNER JOIN baskets AS other ON other.order_number = one.order_number AND other.sku > one.sku
            GROUP BY ALL
        )
        SELECT quantile_cont(pairs.n * (SELECT count(DISTINCT order_number) FROM baskets) / (one.n * other.n), 0.9)
        FROM pairs
        INNER JOIN supports AS one ON one.sku = one_sku
        INNER JOIN supports AS other ON other.sku = other_sku
        """,
    )
    assert lift < 3


def test_segments_differ_as_planted(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rates = dict(
        clean_shop.sql(
            """
            SELECT segment, sum(order_count) / sum(
                (least(coalesce(left_on, DATE '2026-01-01'), DATE '2026-01-01')
                    - greatest(signed_up_on, DATE '2024-01-01')) / 365
            )
            FROM truth_segments
            INNER JOIN truth_lifetimes USING (customer_number)
            GROUP BY segment
            """
        ).fetchall()
    )
    assert sorted(rates, key=rates.__getitem__, reverse=True) == [
        "loyal_regulars", "wholesalers", "bargain_hunters", "gift_givers", "occasional_visitors",
    ]  # fmt: skip
    quantities = dict(
        clean_shop.sql(
            "SELECT segment, avg(quantity) FROM order_lines INNER JOIN truth_segments USING (customer_number) "
            "WHERE quantity > 0 AND sku <> 'POSTAGE' GROUP BY segment"
        ).fetchall()
    )
    assert quantities.pop("wholesalers") > 4 * max(quantities.values())


def test_weekdays_and_months_have_their_factors(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rows = clean_shop.sql(
        """
        WITH days AS (
            SELECT ordered_on, count(*) AS order_count FROM orders
            WHERE ordered_on NOT IN (SELECT day FROM truth_anomalous_days)
            GROUP BY ordered_on
        ),
        means AS (
            SELECT 'weekday' AS kind, isodow(ordered_on) AS position, avg(order_count) AS mean FROM days GROUP BY ALL
            UNION ALL
            SELECT 'month', month(ordered_on), avg(order_count) FROM days GROUP BY ALL
        )
        SELECT kind, corr(ln(mean), ln(factor)), max(abs(ln(mean) - ln(factor) - shift))
        FROM (
            SELECT *, avg(ln(mean) - ln(factor)) OVER (PARTITION BY kind) AS shift
            FROM means INNER JOIN truth_seasonality USING (kind, position)
        )
        GROUP BY kind
        """
    ).fetchall()
    found = {kind: (correlation, worst) for kind, correlation, worst in rows}
    assert found["weekday"][0] > 0.97
    assert found["weekday"][1] < 0.12
    assert found["month"][0] > 0.75
    assert found["month"][1] < 0.3


def test_growth_within_lifetimes_follows_the_trend(clean_shop: duckdb.DuckDBPyConnection) -> None:
    growth = number(
        clean_shop,
        """
        WITH years AS (
            SELECT
                count(*) FILTER (ordered_on < DATE '2025-01-01') AS first_orders,
                count(*) FILTER (ordered_on >= DATE '2025-01-01') AS second_orders
            FROM orders
            INNER JOIN truth_lifetimes USING (customer_number)
            WHERE signed_up_on < DATE '2024-01-01' AND left_on IS NULL
                AND ordered_on NOT IN (SELECT day FROM truth_anomalous_days)
        )
        SELECT second_orders / first_orders FROM years
        """,
    )
    # Campaigns ran in the second year only, so growth may exceed the trend a little.
    assert 1.02 < growth < 1.40


def test_nobody_orders_before_signing_up_or_after_leaving(clean_shop: duckdb.DuckDBPyConnection) -> None:
    outside = number(
        clean_shop,
        "SELECT count(*) FROM orders INNER JOIN truth_lifetimes USING (customer_number) "
        "WHERE ordered_on < signed_up_on OR ordered_on > left_on",
    )
    assert outside == 0
    assert number(clean_shop, "SELECT avg(is_alive::INTEGER) FROM truth_lifetimes") == pytest.approx(0.5, abs=0.12)


def test_individual_rates_are_met(clean_shop: duckdb.DuckDBPyConnection) -> None:
    correlation = number(
        clean_shop,
        "SELECT corr(orders_per_year, order_count / 2) FROM truth_lifetimes "
        "WHERE signed_up_on < DATE '2024-01-01' AND left_on IS NULL",
    )
    assert correlation > 0.95


def test_anomalous_days_stand_out(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rows = clean_shop.sql(
        """
        WITH calendar AS (
            SELECT unnest(generate_series(DATE '2024-01-01', DATE '2025-12-31', INTERVAL 1 DAY))::DATE AS day
        ),
        counted AS (
            SELECT
                calendar.day,
                count(DISTINCT order_number) FILTER (order_number LIKE 'O%') AS order_count,
                count(DISTINCT order_number) FILTER (order_number LIKE 'R%') AS return_count
            FROM calendar LEFT JOIN order_lines ON order_lines.ordered_at::DATE = calendar.day
            GROUP BY calendar.day
        ),
        expected AS (
            SELECT *,
                median(order_count) OVER (
                    PARTITION BY isodow(day) ORDER BY day ROWS BETWEEN 4 PRECEDING AND 4 FOLLOWING
                ) AS usual_orders,
                avg(return_count) OVER () AS usual_returns
            FROM counted
        )
        SELECT kind, order_count / usual_orders, return_count / usual_returns
        FROM expected INNER JOIN truth_anomalous_days USING (day)
        """
    ).fetchall()
    assert len(rows) == 7
    for kind, orders_ratio, returns_ratio in rows:
        if kind == "spike":
            assert orders_ratio > 2
        elif kind == "outage":
            assert orders_ratio < 0.4
        else:
            assert returns_ratio > 3


def campaign_effects(
    connection: duckdb.DuckDBPyConnection, group_filter: str
) -> dict[tuple[str, str], tuple[float, float]]:
    """Difference in orders per customer to the control arm during the campaign, and its standard error."""
    rows = connection.sql(
        f"""
        WITH counted AS (
            SELECT contacts.campaign_number, contacts.arm, contacts.customer_number, count(order_number) AS order_count
            FROM contacts
            INNER JOIN campaigns USING (campaign_number)
            INNER JOIN truth_segments AS segments ON segments.customer_number = contacts.customer_number
            LEFT JOIN orders
                ON orders.customer_number = contacts.customer_number
                AND orders.ordered_on BETWEEN campaigns.started_on::DATE AND campaigns.ended_on::DATE
            WHERE segment IN ({group_filter})
            GROUP BY ALL
        ),
        arms AS (
            SELECT campaign_number, arm, avg(order_count) AS mean, var_samp(order_count) / count(*) AS squared_error
            FROM counted GROUP BY ALL
        )
        SELECT treated.campaign_number, treated.arm, treated.mean - control.mean,
            sqrt(treated.squared_error + control.squared_error)
        FROM arms AS treated
        INNER JOIN arms AS control ON control.campaign_number = treated.campaign_number AND control.arm = 'control'
        WHERE treated.arm <> 'control'
        """
    ).fetchall()
    return {(campaign, arm): (effect, error) for campaign, arm, effect, error in rows}


def test_campaigns_lift_the_planted_groups_only(clean_shop: duckdb.DuckDBPyConnection) -> None:
    responsive = campaign_effects(clean_shop, "'bargain_hunters', 'gift_givers'")
    for campaign_and_arm in (("CAMP-2", "email"), ("CAMP-3", "voucher")):
        effect, error = responsive[campaign_and_arm]
        assert effect > 2 * error, campaign_and_arm
    unmoved = campaign_effects(clean_shop, "'wholesalers'")
    everybody = campaign_effects(clean_shop, "SELECT segment FROM truth_segments")
    for effect, error in (*unmoved.values(), everybody["CAMP-1", "letter"]):
        assert abs(effect) < 3.3 * error
    assert number(clean_shop, "SELECT sum(added_order_count) FROM truth_uplift WHERE campaign_number = 'CAMP-1'") == 0
    assert number(clean_shop, "SELECT sum(added_order_count) FROM truth_uplift WHERE arm = 'control'") == 0


def test_arms_were_drawn_at_random(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rows = clean_shop.sql(
        "SELECT campaign_number, arm, count(*), sum(count(*)) OVER (PARTITION BY campaign_number), "
        "count(*) OVER (PARTITION BY campaign_number) FROM contacts GROUP BY campaign_number, arm"
    ).fetchall()
    for campaign, arm, size, total, arm_count in rows:
        share, error = 1 / arm_count, math.sqrt((1 / arm_count) * (1 - 1 / arm_count) / total)
        assert abs(size / total - share) < 4 * error, (campaign, arm)


def test_price_effects_are_found_by_regression(clean_shop: duckdb.DuckDBPyConnection) -> None:
    rows = clean_shop.sql(
        """
        WITH cells AS (
            SELECT sku, date_trunc('month', ordered_at) AS month, count(*) AS line_count, any_value(unit_price) AS price
            FROM order_lines
            WHERE sku LIKE 'SKU-%' AND quantity > 0 AND sku NOT IN (SELECT sku FROM truth_bundles)
            GROUP BY ALL
        ),
        known AS (
            SELECT cells.*, split_part(category_path, ' > ', 1) AS category, ln(price / list_price::DOUBLE) AS log_price
            FROM cells INNER JOIN products USING (sku)
        ),
        -- Poisson pseudo-likelihood in one Newton step from the planted elasticity: the score must be near nought.
        planned AS (
            SELECT known.*, elasticity,
                sum(line_count) OVER (PARTITION BY sku) * 1.0 AS sku_total,
                exp(elasticity * log_price) AS effect
            FROM known INNER JOIN truth_price_effects USING (category)
        ),
        scaled AS (
            SELECT *, sku_total * effect / sum(effect) OVER (PARTITION BY sku) AS within_sku FROM planned
        ),
        expected AS (
            SELECT *,
                within_sku * sum(line_count) OVER (PARTITION BY category, month)
                    / sum(within_sku) OVER (PARTITION BY category, month) AS expected_count
            FROM scaled
        ),
        centred AS (
            SELECT *, log_price - sum(expected_count * log_price) OVER (PARTITION BY sku)
                / sum(expected_count) OVER (PARTITION BY sku) AS x
            FROM expected
        )
        SELECT category, any_value(elasticity), sum(x * (line_count - expected_count)) / sum(x * x * expected_count)
        FROM centred GROUP BY category
        """
    ).fetchall()
    assert len(rows) == 6
    for category, elasticity, error in rows:
        assert abs(error) < 0.3, (category, elasticity)


def test_friends_share_segments_and_buy_what_friends_bought(clean_shop: duckdb.DuckDBPyConnection) -> None:
    same_segment = number(
        clean_shop,
        "SELECT avg((one.segment = other.segment)::INTEGER) FROM social_ties "
        "INNER JOIN truth_segments AS one ON one.customer_number = social_ties.customer_number "
        "INNER JOIN truth_segments AS other ON other.customer_number = friend_number",
    )
    by_chance = number(
        clean_shop,
        "SELECT sum(share * share) FROM "
        "(SELECT count(*) / sum(count(*)) OVER () AS share FROM truth_segments GROUP BY segment)",
    )
    assert same_segment > by_chance + 0.1
    after, before = (
        number(
            clean_shop,
            f"""
            SELECT count(*)
            FROM social_ties
            INNER JOIN order_lines AS own ON own.customer_number = social_ties.customer_number
            INNER JOIN order_lines AS theirs
                ON theirs.customer_number = friend_number AND theirs.sku = own.sku AND theirs.line_number = 1
            WHERE own.line_number = 2 AND own.quantity > 0 AND theirs.quantity > 0 AND own.sku LIKE 'SKU-%'
                AND since_on::DATE <= least(own.ordered_at, theirs.ordered_at)
                AND {condition}
            """,
        )
        for condition in (
            "theirs.ordered_at BETWEEN own.ordered_at - INTERVAL 60 DAY AND own.ordered_at",
            "theirs.ordered_at BETWEEN own.ordered_at AND own.ordered_at + INTERVAL 60 DAY",
        )
    )
    assert after > 1.3 * before


def test_purchases_in_events_are_order_lines(clean_shop: duckdb.DuckDBPyConnection) -> None:
    strangers = number(
        clean_shop,
        """
        SELECT count(*) FROM events
        ANTI JOIN order_lines
            ON order_lines.ordered_at = events.occurred_at::TIMESTAMP AND order_lines.sku = events.sku
            AND order_lines.customer_number IS NOT DISTINCT FROM events.customer_number
        WHERE event_kind = 'purchase'
        """,
    )
    assert strangers == 0
    kinds = clean_shop.sql("SELECT DISTINCT event_kind FROM events ORDER BY 1").fetchall()
    assert [kind for (kind,) in kinds] == ["add_to_cart", "purchase", "search", "view", "visit"]


def test_returns_are_negative_and_belong_to_an_order(clean_shop: duckdb.DuckDBPyConnection) -> None:
    orphans = number(
        clean_shop,
        """
        SELECT count(*) FROM order_lines AS returned
        ANTI JOIN order_lines AS sold
            ON sold.order_number = 'O' || substr(returned.order_number, 2) AND sold.line_number = returned.line_number
            AND sold.sku = returned.sku AND sold.quantity = -returned.quantity AND sold.ordered_at < returned.ordered_at
        WHERE returned.order_number LIKE 'R%'
        """,
    )
    assert orphans == 0
    assert number(clean_shop, "SELECT count(*) FROM order_lines WHERE (quantity < 0) <> (order_number LIKE 'R%')") == 0


def test_guests_are_few_and_allowed(clean_shop: duckdb.DuckDBPyConnection) -> None:
    assert number(clean_shop, "SELECT avg((customer_number IS NULL)::INTEGER) FROM orders") == pytest.approx(
        0.03, abs=0.01
    )


def test_words_follow_stars_in_four_languages(clean_shop: duckdb.DuckDBPyConnection) -> None:
    praise, blame = (
        number(clean_shop, f"SELECT avg(rating::INTEGER) FROM reviews WHERE regexp_matches(text, '{words}')")
        for words in (
            "recommended|empfehlen|Excelente|强烈推荐",
            "money back|Geld zurück|decepcionada|非常失望",
        )
    )
    assert praise > 4
    assert blame < 2.1
    awkward = number(clean_shop, "SELECT count(*) FROM reviews WHERE contains(text, chr(10)) OR contains(text, '\"')")
    assert awkward > 20
