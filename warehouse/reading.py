"""Let people's own queries read the lake, and nothing else of the machine.

Two fences stand one behind the other. `only_reading` asks DuckDB's parser what a text is: one statement that reads, of
tables and of functions that are known to reach nothing but them. `confine` shuts the connection itself: no file but the
lake's, no network but its object storage, no setting that could be changed, no key that could be shown.

The second alone does not suffice. DuckDB itself allows the files of an attached catalog, functions such as
`ducklake_expire_snapshots` write from within a SELECT, and `postgres_scan` reaches any server.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.connection import open_warehouse
from warehouse.ddl import quote_text
from warehouse.settings import OBJECT_STORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from warehouse.settings import WarehouseSettings

# Functions that give rows: out of nothing, out of their arguments, or out of what the catalog says of its tables.
_TABLE_FUNCTIONS = frozenset(
    {
        "current_snapshot",
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "ducklake_snapshots",
        "ducklake_table_changes",
        "ducklake_table_deletions",
        "ducklake_table_info",
        "ducklake_table_insertions",
        "generate_series",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "last_committed_snapshot",
        "pg_timezone_names",
        "pragma_show",
        "pragma_table_info",
        "pragma_version",
        "range",
        "regexp_split_to_table",
        "repeat",
        "repeat_row",
        "snapshots",
        "table_changes",
        "table_deletions",
        "table_info",
        "table_insertions",
        "unnest",
    }
)
# Functions of values that do more than to make a value of their arguments.
_REFUSED_FUNCTIONS = frozenset({"currval", "current_setting", "getenv", "json_serialize_plan", "nextval", "write_log"})
# A table of this name may be a file, which DuckDB would read: also name.csv, a table `csv` in a schema `name`.
_LIKE_A_FILE = re.compile(r"[./\\:*?\[\]]")
_ENDS_LIKE_A_FILE = re.compile(
    r"\.(arrow|avro|csv|db|duckdb|gz|ipc|json|jsonl|ndjson|parquet|sqlite|tsv|txt|xlsx|zst)$", re.IGNORECASE
)
# The catalog as DuckLake attaches it, and the views by which DuckDB tells about the connection.
_CATALOG = "__ducklake_metadata"
_REFUSED_VIEWS = frozenset(
    {"duckdb_databases", "duckdb_logs", "duckdb_secrets", "duckdb_settings", "pg_settings", "pragma_database_list"}
)
_EXPLAIN = re.compile(
    r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*explain(?P<analyze>\s+analyze)?\s*(?:\((?P<options>[\w\s,]*)\))?",
    re.IGNORECASE | re.DOTALL,
)
_EVERY_KIND = "SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"
_OBJECT_STORAGE_KEYS = {
    "s3_access_key_id": "KEY_ID",
    "s3_secret_access_key": "SECRET",
    "s3_session_token": "SESSION_TOKEN",
    "s3_region": "REGION",
    "s3_endpoint": "ENDPOINT",
    "s3_use_ssl": "USE_SSL",
    "s3_url_style": "URL_STYLE",
}
_OF_THE_PLACE = ("s3_endpoint", "s3_url_style")
_SECRET_SETTINGS = ("s3_access_key_id", "s3_secret_access_key", "s3_session_token", "http_proxy_password")


class RefusedError(Exception):
    """A statement does more than to read the lake; the message says what, and what to do instead."""


@contextmanager
def open_for_reading(
    settings: WarehouseSettings, *, snapshot: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for a person's own query, with `snapshot` as it was then.

    Raises:
        WarehouseError: when there is no warehouse to read, or its catalog can't be reached.
        ExhaustedError: when memory or disk did not suffice for the query.
    """
    with open_warehouse(settings, read_only=True, snapshot=snapshot, alone=True) as connection:
        confine(connection, settings)
        yield connection


def confine(connection: duckdb.DuckDBPyConnection, settings: WarehouseSettings) -> None:
    """Shut the connection: only the lake's data can be reached, and no setting changed, until it is closed."""
    data = settings.data_place
    if data.startswith(OBJECT_STORES):
        _hide_object_storage_keys(connection, data)
    else:
        data = str(Path(data).absolute())
    for name, value in (
        ("python_enable_replacements", "false"),
        ("allow_unredacted_secrets", "false"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("allowed_directories", f"[{quote_text(data.rstrip('/') + '/')}]"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        connection.execute(f"SET {name} = {value}")


def only_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the statement if it reads the lake and does nothing else.

    Raises:
        RefusedError: when it is none or several, of another kind, or names what is not the lake's.
        duckdb.Error: when it is no SQL.
    """
    if "\0" in sql:
        message = "The statement holds a NUL character, behind which programs disagree about what it says."
        raise RefusedError(message)
    statements = connection.extract_statements(sql)
    if not statements:
        message = f"There is no statement to answer. Expected one: {_EVERY_KIND}."
        raise RefusedError(message)
    kinds = [statement.type.name for statement in statements]
    if kinds == ["CREATE", "SELECT"] and not statements[0].query:
        message = "PIVOT has to be told its columns: PIVOT … ON column IN ('a', 'b') USING …"
        raise RefusedError(message)
    if len(kinds) > 1:
        message = f"Expected one statement, found {len(kinds)}: {', '.join(kinds)}. Ask them one after the other."
        raise RefusedError(message)
    if kinds == ["EXPLAIN"]:
        return _explanation(connection, sql)
    if kinds != ["SELECT"]:
        hint = (
            " To write the answer to a file: --output FILE." if kinds[0] in ("COPY", "COPY_DATABASE", "EXPORT") else ""
        )
        message = f"Only statements that read are answered: {_EVERY_KIND}. This one is {kinds[0]}.{hint}"
        raise RefusedError(message)
    _judge(connection, sql)
    return sql


def _explanation(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Judge what is to be explained, and return an EXPLAIN of just that."""
    begins = _EXPLAIN.match(sql)
    options = ((begins["options"] if begins else None) or "").lower().replace(",", " ").split()
    if begins is None or set(options) - {"analyze", "format", "json", "text"}:
        message = "Only EXPLAIN and EXPLAIN ANALYZE are answered, with (FORMAT json) or without."
        raise RefusedError(message)
    explained = only_reading(connection, sql[begins.end() :])
    chosen = [word for word in ("analyze",) if begins["analyze"] or word in options]
    chosen += ["format json"] if "json" in options else []
    return f"EXPLAIN ({', '.join(chosen)}) {explained}" if chosen else f"EXPLAIN {explained}"


def _judge(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse a SELECT, whatever it is written as, that names a function or a table beyond the lake."""
    row = connection.execute(f"SELECT json_serialize_sql({quote_text(sql)}::VARCHAR)").fetchone()
    tree = json.loads(row[0]) if row else {"error": True, "error_message": "it has no syntax tree"}
    if tree["error"]:
        message = f"The statement can't be judged: {tree['error_message']}"
        raise RefusedError(message)
    for node in _nodes(tree["statements"]):
        if node.get("type") == "TABLE_FUNCTION":
            _refuse_table_function(str(node["function"].get("function_name", "")).lower())
        elif node.get("type") == "BASE_TABLE":
            _refuse_table([str(node[part]) for part in ("catalog_name", "schema_name", "table_name")])
        elif str(node.get("function_name", "")).lower() in _REFUSED_FUNCTIONS:
            message = f"The function {node['function_name']} does more than to read the lake's tables."
            raise RefusedError(message)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - what JSON holds
    """Give every object of a syntax tree, with all that it holds."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _refuse_table_function(name: str) -> None:
    if name not in _TABLE_FUNCTIONS:
        message = (
            f"The function {name} is not one of those that read the lake's tables only. Ask the tables themselves; "
            "docs/tables.md describes them."
        )
        raise RefusedError(message)


def _refuse_table(parts: list[str]) -> None:
    name = ".".join(filter(None, parts))
    if any(_LIKE_A_FILE.search(part) for part in parts) or _ENDS_LIKE_A_FILE.search(name):
        message = f"{name!r} names a file or a pattern of files. Only the lake's tables are read."
        raise RefusedError(message)
    if any(part.lower().startswith(_CATALOG) for part in parts) or parts[-1].lower() in _REFUSED_VIEWS:
        message = (
            f"{name} is no table of the lake but what its catalog or DuckDB keep for "
            "themselves. Snapshots are told by lake.snapshots(), columns by DESCRIBE and duckdb_columns()."
        )
        raise RefusedError(message)


def _hide_object_storage_keys(connection: duckdb.DuckDBPyConnection, data: str) -> None:
    """Turn the keys that the environment gave, which are settings that every query could show, into a secret."""
    known = connection.execute("SELECT name, value FROM duckdb_settings() WHERE starts_with(name, 's3_')").fetchall()
    # Google's place and the form of its addresses are DuckDB's own, whatever the settings say of others.
    is_google = data.startswith(("gs://", "gcs://"))
    keys = {name: key for name, key in _OBJECT_STORAGE_KEYS.items() if not (is_google and name in _OF_THE_PLACE)}
    options = [f"{keys[name]} {quote_text(value)}" for name, value in known if value and name in keys]
    options = [f"TYPE {'gcs' if is_google else 's3'}", f"SCOPE {quote_text(data.rstrip('/') + '/')}", *options]
    connection.execute(f"CREATE OR REPLACE TEMPORARY SECRET lake_data ({', '.join(options)})")
    for name in _SECRET_SETTINGS:
        connection.execute(f"RESET {name}")
