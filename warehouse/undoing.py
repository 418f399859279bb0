"""Pair returns and cancellations with the sales that they undo: the one place that says what stays sold.

Returns are taken as they came, one of each customer and product at a time, and look at earlier sales only: what comes
later changes no pairing, so that what was known on a day is told by `undone_on`. All lines of a customer and product
are paired anew when one of them has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.catalog import find
from warehouse.connection import latest_snapshot
from warehouse.ddl import quote_identifier

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import ReturnsSettings

# Lines are looked at in buckets of customers, of so many lines each.
_LINES_AT_A_TIME = 25_000_000
# So many returns of one customer and product are paired one after the other. Those that follow, as of a number that
# stands for many customers, are paired at once with the latest sales, whatever their quantity.
ONE_BY_ONE = 25
# Whose a line is: a customer's; its order's, where nobody is known; and all erased customers' as if they were one, so
# that what they returned stays taken off.
_PARTY = r"""coalesce(
    customer_id, CASE WHEN regexp_matches(order_id, '^[^0-9]{0,3}erased-[0-9a-f]{24}$') THEN '' ELSE order_id END
)"""
_KEY = f"{_PARTY} AS party, customer_id IS NOT NULL AS is_known, product_id"
_HELPERS = ("returned_keys", "returned_lines", "sold_lines", "matches", "paired", "pairs_before", "touched_parties")


def pair_all(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings) -> None:
    """Fill core.undone_sales from all order lines. The caller owns the transaction."""
    connection.execute("DELETE FROM core.undone_sales")
    row = connection.execute("SELECT count(*) FROM core.order_lines").fetchone()
    bucket_count = max(1, -(-(row[0] if row else 0) // _LINES_AT_A_TIME))
    for bucket in range(bucket_count):
        _pair(connection, rule, f"hash({_PARTY}) % {bucket_count} = {bucket}" if bucket_count > 1 else "true")
        connection.execute(f"INSERT INTO core.undone_sales ({_columns()}) FROM paired")
    forget(connection)


def pair_touched(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings) -> None:
    """Renew core.undone_sales for the customers and products of the temporary table `changed_lines`.

    Leaves what differs from before in `changed_pairs`: order_id of the sale, sold_on, undone_on. The caller owns the
    transaction.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched_parties AS SELECT DISTINCT {_KEY} FROM changed_lines")
    _pair(connection, rule, _is_touched(_PARTY))
    # A pair is of the party of its sale.
    touched = _is_touched(_PARTY.replace("order_id", "sale_order_id"))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE pairs_before AS SELECT {_columns()} FROM core.undone_sales WHERE {touched}"
    )
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE changed_pairs AS
        WITH differing AS (
            (FROM pairs_before EXCEPT FROM paired) UNION ALL (FROM paired EXCEPT FROM pairs_before)
        )
        SELECT DISTINCT sale_order_id AS order_id, sold_on, undone_on FROM differing
    """)
    if connection.execute("SELECT 1 FROM changed_pairs LIMIT 1").fetchone():
        connection.execute(f"DELETE FROM core.undone_sales WHERE {touched}")
        connection.execute(f"INSERT INTO core.undone_sales ({_columns()}) FROM paired")
    forget(connection)


def pairs_of_all(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings) -> None:
    """Leave what core.undone_sales would be, built from all order lines, in the temporary table `paired`."""
    _pair(connection, rule, "true")


def _columns() -> str:
    return ", ".join(quote_identifier(name) for name in find("core.undone_sales").column_names)


def _is_touched(party: str) -> str:
    return f"({party}, customer_id IS NOT NULL, product_id) IN (FROM touched_parties)"


def rule_stands(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings) -> bool:
    """Whether core.undone_sales was built by this rule, or there is nothing to be paired."""
    row = connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM core.order_lines) OR EXISTS ("
        "SELECT 1 FROM ops.feature_builds WHERE table_name = 'core.undone_sales' AND mark = ?)",
        [rule.model_dump_json()],
    ).fetchone()
    return bool(row and row[0])


def remember_rule(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings, run_id: str) -> None:
    """Keep by which rule core.undone_sales was built. The caller owns the transaction."""
    connection.execute("DELETE FROM ops.feature_builds WHERE table_name = 'core.undone_sales'")
    connection.execute(
        "INSERT INTO ops.feature_builds (table_name, run_id, read_snapshot, mark, as_of) "
        "SELECT 'core.undone_sales', ?, ?, ?, max(ordered_on) FROM core.order_lines HAVING count(*) > 0",
        [run_id, latest_snapshot(connection), rule.model_dump_json()],
    )


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables."""
    for name in _HELPERS:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _pair(connection: duckdb.DuckDBPyConnection, rule: ReturnsSettings, condition: str) -> None:
    """Put the pairs of the lines that meet the condition into `paired`, in the columns of core.undone_sales."""
    values = {"longest": rule.longest_days}
    connection.execute(_RETURNED_KEYS.format(key=_KEY, condition=condition))
    connection.execute(_RETURNED_LINES.format(key=_KEY, condition=condition))
    connection.execute(_SOLD_LINES.format(key=_KEY), values)
    connection.execute("CREATE OR REPLACE TEMP TABLE matches (key BIGINT, sale BIGINT, undoing BIGINT, units BIGINT)")
    row = connection.execute("SELECT coalesce(max(turn), 0) FROM returned_lines").fetchone()
    turns = row[0] if row and rule.longest_days else 0
    for turn in range(1, min(turns, ONE_BY_ONE) + 1):
        connection.execute(_ONE_TURN, {**values, "turn": turn})
    if turns > ONE_BY_ONE:
        connection.execute(_ALL_THAT_FOLLOW, {**values, "turn": ONE_BY_ONE})
    connection.execute(_PAIRED, {"cancelled": rule.cancelled_hours})


# The keys with the most returns come first: each turn then reads the beginning of the tables only.
_RETURNED_KEYS = """
    CREATE OR REPLACE TEMP TABLE returned_keys AS
    SELECT
        {key},
        row_number() OVER (ORDER BY count(*) DESC, party, is_known, product_id) AS key,
        min(ordered_at) AS first_at,
        max(ordered_at) AS last_at
    FROM core.order_lines
    WHERE line_kind = 'return' AND {condition}
    GROUP BY party, is_known, product_id
"""
_RETURNED_LINES = """
    CREATE OR REPLACE TEMP TABLE returned_lines AS
    SELECT
        key,
        order_id,
        line_id,
        -- A credit note may count in positive numbers.
        abs(quantity) AS units,
        ordered_at,
        ordered_on,
        row_number() OVER (ORDER BY key, ordered_at, order_id, line_id) AS undoing,
        row_number() OVER (PARTITION BY key ORDER BY ordered_at, order_id, line_id) AS turn
    FROM (SELECT *, {key} FROM core.order_lines WHERE line_kind = 'return' AND {condition}) AS lines
    INNER JOIN returned_keys USING (party, is_known, product_id)
    ORDER BY key
"""
_SOLD_LINES = """
    CREATE OR REPLACE TEMP TABLE sold_lines AS
    SELECT
        key,
        order_id,
        line_id,
        customer_id,
        product_id,
        quantity AS units,
        unit_price,
        ordered_at,
        ordered_on,
        row_number() OVER (ORDER BY key, ordered_at, order_id, line_id) AS sale
    FROM (SELECT *, {key} FROM core.order_lines WHERE line_kind = 'sale') AS lines
    INNER JOIN returned_keys USING (party, is_known, product_id)
    WHERE ordered_at BETWEEN first_at - to_days($longest::INTEGER) AND last_at
    ORDER BY key
"""
# One return of each key: it takes a line of which just as much is left, else the latest lines.
_ONE_TURN = """
    INSERT INTO matches
    WITH returned AS (
        SELECT * FROM returned_lines WHERE turn = $turn
    ),

    taken AS (
        SELECT sale, sum(units) AS units FROM matches SEMI JOIN returned USING (key) GROUP BY sale
    ),

    left_over AS (
        SELECT
            key,
            sold_lines.sale,
            returned.undoing,
            returned.units AS wanted,
            sold_lines.units - coalesce(taken.units, 0) AS units
        FROM sold_lines
        INNER JOIN returned USING (key)
        LEFT JOIN taken USING (sale)
        WHERE sold_lines.ordered_at BETWEEN returned.ordered_at - to_days($longest::INTEGER) AND returned.ordered_at
    ),

    in_order AS (
        SELECT
            *,
            sum(units) OVER (
                PARTITION BY undoing ORDER BY units = wanted DESC, sale DESC ROWS UNBOUNDED PRECEDING
            ) - units AS units_before
        FROM left_over
        WHERE units > 0
    )

    SELECT key, sale, undoing, least(units, wanted - units_before) FROM in_order WHERE units_before < wanted
"""
# Sales put units on a pile, returns take them from its top: who takes a unit undoes who put it there last.
_ALL_THAT_FOLLOW = """
    INSERT INTO matches
    WITH taken AS (
        SELECT sale, sum(units) AS units FROM matches GROUP BY sale
    ),

    steps AS (
        SELECT key, sale, NULL AS undoing, sold_lines.units - coalesce(taken.units, 0) AS units, ordered_at
        FROM sold_lines
        SEMI JOIN (FROM returned_lines WHERE turn > $turn) USING (key)
        LEFT JOIN taken USING (sale)
        UNION ALL
        SELECT key, NULL, undoing, units, ordered_at FROM returned_lines WHERE turn > $turn
    ),

    piles AS (
        SELECT
            *,
            row_number() OVER earlier AS step,
            sum(CASE WHEN sale IS NULL THEN -units ELSE units END) OVER earlier AS height
        FROM steps
        WHERE units > 0
        WINDOW earlier AS (PARTITION BY key ORDER BY ordered_at, sale NULLS LAST, undoing ROWS UNBOUNDED PRECEDING)
    ),

    moved AS (
        SELECT
            * EXCLUDE (height),
            CASE WHEN sale IS NULL THEN height ELSE height - units END AS from_height,
            CASE WHEN sale IS NULL THEN height + units ELSE height END AS to_height
        FROM piles
    ),

    edges AS (
        SELECT
            key,
            height,
            row_number() OVER upwards AS layer,
            lead(height) OVER upwards - height AS thickness
        FROM (SELECT key, from_height AS height FROM moved UNION SELECT key, to_height FROM moved)
        WINDOW upwards AS (PARTITION BY key ORDER BY height)
    ),

    -- Each step's layers are counted out: to look for them by their heights would compare all steps with all edges.
    layers AS (
        SELECT moved.*, unnest(range(lowest.layer, highest.layer)) AS layer
        FROM moved
        INNER JOIN edges AS lowest ON lowest.key = moved.key AND lowest.height = moved.from_height
        INNER JOIN edges AS highest ON highest.key = moved.key AND highest.height = moved.to_height
    ),

    taken_from AS (
        SELECT
            layers.*,
            edges.thickness,
            lag(sale) OVER earlier AS last_sale,
            lag(ordered_at) OVER earlier AS sold_at
        FROM layers
        INNER JOIN edges USING (key, layer)
        WINDOW earlier AS (PARTITION BY key, layer ORDER BY step)
    )

    SELECT key, last_sale, undoing, sum(thickness)
    FROM taken_from
    WHERE undoing IS NOT NULL AND last_sale IS NOT NULL AND sold_at >= ordered_at - to_days($longest::INTEGER)
    GROUP BY key, last_sale, undoing
"""
_PAIRED = """
    CREATE OR REPLACE TEMP TABLE paired AS
    SELECT
        returned_lines.order_id AS return_order_id,
        returned_lines.line_id AS return_line_id,
        sold_lines.order_id AS sale_order_id,
        sold_lines.line_id AS sale_line_id,
        sold_lines.customer_id,
        sold_lines.product_id,
        date_diff('second', sold_lines.ordered_at, returned_lines.ordered_at) / 3600 >= $cancelled AS was_demand,
        sold_lines.units AS sold_unit_count,
        matches.units::BIGINT AS undone_unit_count,
        TRY_CAST(matches.units * sold_lines.unit_price AS DECIMAL(18, 4)) AS undone_amount,
        date_diff('second', sold_lines.ordered_at, returned_lines.ordered_at) / 3600 AS stood_hours,
        returned_lines.ordered_at AS undone_at,
        sold_lines.ordered_on AS sold_on,
        returned_lines.ordered_on AS undone_on
    FROM matches
    INNER JOIN returned_lines USING (undoing)
    INNER JOIN sold_lines USING (sale)
"""
