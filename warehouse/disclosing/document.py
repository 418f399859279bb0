"""The document that a person gets: what each table holds of them, what it means, where it is from, what it is for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models import FAMILIES
from warehouse.catalog import all_tables
from warehouse.contracts import Column, Table
from warehouse.loadable import core_table
from warehouse.raw_tables import raw_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from warehouse.disclosing.holdings import Holding, Row
    from warehouse.settings import Settings

_CORRECT = (
    "Ask the shop to correct it where it was recorded, in its own system: what is sent from there next takes the place "
    "of what stands here."
)
_ERASE = (
    "Ask the shop to erase it. It is then removed from every table named here, from earlier states and from the files "
    "below; what was sold stays as a sale of nobody, or goes too, as the shop has set."
)
_OBJECT = (
    "Ask the shop to note that you object to profiling: from its next run on no segment, forecast or recommendation is "
    "kept of you. Ask it the same for being contacted, by one channel or by all."
)
_CLEAR = "Values that are kept encrypted are told in clear."
_PSEUDONYMS = (
    "The key of encrypted values was not at hand when this was written: in the place of names, addresses and texts "
    "stand pseudonyms (p- and 32 letters and digits). Ask again with the key."
)
_OTHERS = "Other customers who stand in these rows are not named: [another customer]."


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a document is about, when it was written, and what stands beside the tables."""

    customer: str
    written_at: datetime
    is_clear: bool
    loads: Sequence[Mapping[str, str]]
    files: Sequence[str]


def document_of(settings: Settings, about: About, found: Sequence[Holding]) -> dict[str, Any]:
    """Return what the shop's warehouse holds of a customer, to be written as JSON."""
    return {
        "title": f"What {settings.shop.name} holds of customer {about.customer}",
        "customer": about.customer,
        "written_at": f"{about.written_at:%Y-%m-%d %H:%M:%S} UTC",
        "is_in_clear": about.is_clear,
        "values": _CLEAR if about.is_clear else _PSEUDONYMS,
        "others": _OTHERS,
        "how_to_correct": _CORRECT,
        "how_to_erase": _ERASE,
        "how_to_object": _OBJECT,
        "tables": [_table_of(settings, holding) for holding in sorted(found, key=_place)],
        "came_from": [dict(load) for load in about.loads],
        "files_that_name_the_customer": list(about.files),
    }


_LAYERS = ("core", "results", "raw", "ops", "features", "protected")


def _place(holding: Holding) -> tuple[int, str]:
    """Order what a person asks for first before what it was made from."""
    layer = _LAYERS.index(holding.schema) if holding.schema in _LAYERS else len(_LAYERS)
    return layer, holding.name


def _table_of(settings: Settings, holding: Holding) -> dict[str, Any]:
    contract = _contract(settings, holding)
    said: dict[str, Any] = {"table": holding.qualified_name}
    if contract:
        said |= {
            "description": contract.description or f"{holding.qualified_name}.",
            "one_row_is": contract.grain,
            "used_for": _uses(settings, contract),
        }
    columns = {name for row in _all_rows(holding) for name in row}
    told = [column for column in (contract.columns if contract else ()) if column.name in columns]
    said["columns"] = {column.name: _described(column) for column in told}
    said["rows"] = [_typed(holding, row) for row in holding.rows]
    if holding.earlier:
        said["rows_of_earlier_states"] = [
            {"from_run": row.run_id or "unknown", "row": _typed(holding, row.values)} for row in holding.earlier
        ]
    if holding.mentions:
        said["texts_of_others_that_name_the_customer"] = [dict(row) for row in holding.mentions]
    return said


def _all_rows(holding: Holding) -> list[Row]:
    return [*holding.rows, *(row.values for row in holding.earlier), *holding.mentions]


def _contract(settings: Settings, holding: Holding) -> Table | None:
    """Return the table's contract; a raw table's says as what a column is read."""
    if holding.schema == "raw":
        return _raw_contract(settings, holding)
    known = {table.qualified_name: table for table in all_tables()}
    return known.get(holding.qualified_name)


def _raw_contract(settings: Settings, holding: Holding) -> Table:
    table = raw_table(holding.name, [name for name in holding.types if not name.startswith("_")])
    source = settings.sources.get(holding.name)
    if source is None:
        return table
    core = core_table(source.table)
    read_as = {given.column.lower(): core.column(name) for name, given in source.columns.items()}
    columns = tuple(
        column.here(f"Read as {source.table}.{read_as[name].name}: {read_as[name].description}")
        if (name := column.name.lower()) in read_as
        else column
        for column in table.columns
    )
    return Table(
        schema="raw", name=table.name, grain=table.grain, description=table.description, key=table.key, columns=columns
    )


def _described(column: Column) -> str:
    return f"{column.description} Unit: {column.unit}." if column.unit else column.description


def _uses(settings: Settings, table: Table) -> list[str]:
    """Return what a table is for: the questions that it answers, or what is made of it."""
    if table.schema == "raw":
        source = settings.sources.get(table.name)
        return [f"To fill core.{source.table}"] if source else ["Kept as it came; nothing reads it now"]
    if table.schema == "protected":
        return ["To keep names, addresses and texts readable for nobody but who has the key"]
    families = [family.question for family in FAMILIES if table.qualified_name in family.reads]
    made = sorted(other.qualified_name for other in all_tables() if table.qualified_name in other.inputs)
    return [
        *(question.text for question in table.questions),
        *(f"To answer the shop's question: {question}" for question in families),
        *([f"To work out {', '.join(made)}"] if made else []),
    ]


def _typed(holding: Holding, row: Row) -> dict[str, Any]:
    return {name: _value(holding.types.get(name, "VARCHAR"), text) for name, text in row.items()}


def _value(type_: str, text: str) -> Any:  # noqa: ANN401 - whatever JSON has
    try:
        if type_ in ("BIGINT", "INTEGER", "HUGEINT"):
            return int(text)
        if type_ == "DOUBLE" or type_.startswith("DECIMAL"):
            return float(text)
    except ValueError:
        return text
    if type_ == "BOOLEAN" and text in ("true", "false"):
        return text == "true"
    return text


def as_json(document: Mapping[str, Any]) -> str:
    """Return the document for a program, and for an eye that does not mind braces."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_text(document: Mapping[str, Any]) -> str:
    """Return the document for the eye."""
    lines = [document["title"], f"Written on {document['written_at']}.", ""]
    lines += [document["values"], document["others"], ""]
    lines += [f"To correct: {document['how_to_correct']}", f"To erase: {document['how_to_erase']}"]
    lines += [f"To object: {document['how_to_object']}"]
    for table in document["tables"]:
        lines += ["", *_text_of(table)]
    if document["came_from"]:
        lines += ["", "Where it came from"]
        lines += [
            f"  source {load['source']}, file {load['file']}, load {load['load_id']}" for load in document["came_from"]
        ]
    if document["files_that_name_the_customer"]:
        lines += ["", "Files of the warehouse that name the customer"]
        lines += [f"  {file}" for file in document["files_that_name_the_customer"]]
    return "\n".join(lines) + "\n"


def _text_of(table: Mapping[str, Any]) -> list[str]:
    lines = [table["table"], "-" * len(table["table"])]
    if table.get("description"):
        lines.append(f"{table['description']} {table['one_row_is'].capitalize()}.")
    if uses := table.get("used_for"):
        lines.append(f"Used for: {'; '.join(use.rstrip('.') for use in uses)}")
    lines += [f"  {_line(row)}" for row in table["rows"]]
    for earlier in table.get("rows_of_earlier_states", ()):
        lines.append(f"  in earlier states only, from run {earlier['from_run']}: {_line(earlier['row'])}")
    lines += [
        f"  in a text of somebody else: {_line(row)}" for row in table.get("texts_of_others_that_name_the_customer", ())
    ]
    return lines


def _line(row: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {' '.join(str(value).split())}" for name, value in row.items())
