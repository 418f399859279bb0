"""Keep what proofs measured in docs/reliability.json, and write it into docs/reliability.md."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from typing import TYPE_CHECKING, Any

import psutil

from quality.trial import ROOT
from quality.verdicts import write_section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from quality.faults.proof import Measured, Plan, Proof

RECORDS = ROOT / "docs" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"
NOT_MEASURED = "Not measured yet: `make faults`."
_SUMMARY = "summary"
_SHOWN_FAILURES = 20


def keep(proof: Proof, measured: Measured, plan: Plan, seconds: float, records: Path = RECORDS) -> None:
    """Write what a proof measured into the records, with the machine and the seed."""
    known = read(records)
    known[proof.name] = {
        **dataclasses.asdict(measured),
        "seed": plan.seed,
        "seconds": round(seconds),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gigabytes": round(psutil.virtual_memory().total / 1e9),
            "system": platform.system(),
        },
    }
    records.write_text(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def read(records: Path = RECORDS) -> dict[str, Any]:
    """Return what was measured, by the names of the proofs."""
    known: dict[str, Any] = json.loads(records.read_text(encoding="utf-8")) if records.exists() else {}
    return known


def write(titles: Mapping[str, str], records: Path = RECORDS, page: Path = PAGE) -> None:
    """Write the sections of all proofs, whose titles are given by name, and the summary of them."""
    for name, text in sections(titles, read(records)).items():
        write_section(name, text, page)


def sections(titles: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the page's generated sections."""
    found = {name: _section(known[name]) if name in known else NOT_MEASURED for name in titles}
    rows = [f"| {title} | {_in_short(known[name]) if name in known else '–'} |" for name, title in titles.items()]
    return {_SUMMARY: "| Proof | Figures |\n| --- | --- |\n" + "\n".join(rows), **found}


def _in_short(record: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{figure['what']}: {figure['measured']}" + ("" if figure["holds"] else f" **(asked: {figure['asked']})**")
        for figure in record["figures"]
    )


def _section(record: Mapping[str, Any]) -> str:
    machine = record["machine"]
    parts = [
        (
            f"Measured on {machine['cores']} cores with {machine['memory_gigabytes']} GB ({machine['system']}), seed "
            f"{record['seed']}, in {record['seconds']:,} s."
        ),
        _table(
            ("Figure", "Asked", "Measured", ""),
            [
                (f["what"], f["asked"], f["measured"], "holds" if f["holds"] else "**does not hold**")
                for f in record["figures"]
            ],
        ),
    ]
    for table in record["tables"]:
        parts += [f"{table['title']}:", _table(table["headers"], table["rows"])]
    if record["failures"]:
        shown = record["failures"][:_SHOWN_FAILURES]
        more = len(record["failures"]) - len(shown)
        parts += [
            "What went wrong:",
            "\n".join(f"- {_cell(text)}" for text in shown) + (f"\n- and {more} more" if more else ""),
        ]
    return "\n\n".join(parts)


def _table(headers: tuple[str, ...] | list[str], rows: list[Any]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(_cell(str(cell)) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
