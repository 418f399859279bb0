"""Data quality: where every row went, which checks passed, and how each family fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Grid, Heading, Note, Tone

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop


def write(shop: Shop) -> Content | None:
    """Write the chapter; None where nothing was loaded, checked or run."""
    loads = shop.rows("quality_loads")
    gates = shop.rows("quality_gates")
    families = shop.rows("quality_families")
    if not loads and not gates and not families:
        return None
    blocks: list[Block] = [_loads_grid(loads) if loads else shop.missing("ops.loads")]
    quarantined = shop.rows("quality_quarantine")
    if quarantined:
        blocks.append(_quarantine_grid(quarantined))
    blocks.append(_gates_grid(gates) if gates else shop.missing("ops.validation_results"))
    broken = shop.rows("quality_broken")
    if broken:
        blocks.append(_broken_grid(broken))
    elif gates:
        blocks.append(Note(text="Every check passed.", tone=Tone.GOOD))
    blocks.append(_families_grid(families) if families else shop.missing("ops.family_runs"))
    if shop.freshness:
        blocks.append(_freshness_grid(shop.freshness))
    return Content(headline=_headline(loads, gates), blocks=tuple(blocks))


def _headline(loads: list[Row], gates: list[Row]) -> str:
    texts = []
    if loads:
        read, accepted, duplicate, quarantined = (
            sum(row[f"rows_{kind}"] for row in loads) for kind in ("read", "accepted", "duplicate", "quarantined")
        )
        texts.append(
            f"Of {words.plural(read, 'row')} read, {words.count(accepted)} were accepted, {words.count(duplicate)} "
            f"were duplicates and {words.count(quarantined)} are in quarantine."
        )
    if gates:
        checks, passed = (sum(row[name] for row in gates) for name in ("check_count", "passed_count"))
        texts.append(f"{words.count(passed)} of {words.plural(checks, 'check')} passed in the last run.")
    return " ".join(texts) or "Nothing was loaded or checked yet; the families' last run is below."


def _loads_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Where every row went",
        headings=(
            Heading(text="Source"),
            Heading(text="Table"),
            Heading(text="Files", is_number=True),
            Heading(text="Read", is_number=True),
            Heading(text="Accepted", is_number=True),
            Heading(text="Duplicate", is_number=True),
            Heading(text="Quarantined", is_number=True),
            Heading(text="Last loaded (UTC)"),
        ),
        rows=tuple(
            (
                row["source"],
                row["table_name"],
                *(
                    words.count(row[name])
                    for name in ("file_count", "rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined")
                ),
                f"{words.day(row['last_loaded_at'])} {row['last_loaded_at']:%H:%M}",
            )
            for row in rows
        ),
        note="Read = accepted + duplicate + quarantined, for every file.",
    )


def _quarantine_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Why rows are in quarantine",
        headings=(
            Heading(text="Source"),
            Heading(text="Rule"),
            Heading(text="Rows", is_number=True),
            Heading(text="One of them", is_sentence=True),
        ),
        rows=tuple(
            (row["source"], words.spaced(row["rule"]), words.count(row["row_count"]), row["example"]) for row in rows
        ),
        note="A row that breaks several rules counts for each. Look at the rows with: tillflow quarantine",
    )


def _gates_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Checks by gate, last run",
        headings=(
            Heading(text="Gate"),
            Heading(text="Checks", is_number=True),
            Heading(text="Passed", is_number=True),
            Heading(text="Warnings", is_number=True),
            Heading(text="Failed", is_number=True),
            Heading(text="Could not run", is_number=True),
        ),
        rows=tuple(
            (
                row["gate"],
                *(words.count(row[f"{name}_count"]) for name in ("check", "passed", "warned", "failed", "errored")),
            )
            for row in rows
        ),
        note="Anything failed or that could not run stops the run before it publishes; the last good tables stand.",
    )


def _broken_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Checks that did not pass",
        headings=(
            Heading(text="Gate"),
            Heading(text="Table"),
            Heading(text="Check"),
            Heading(text="Severity"),
            Heading(text="Found"),
            Heading(text="Expected"),
            Heading(text="What to do", is_sentence=True),
        ),
        rows=tuple(
            (
                row["gate"],
                row["table_name"],
                words.spaced(row["check_name"]),
                row["severity"] if row["status"] == "failed" else f"{row['severity']} (could not run)",
                row["observed"] or words.NOTHING,
                row["expected"],
                row["advice"],
            )
            for row in rows
        ),
    )


def _families_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Model families, last run",
        headings=(
            Heading(text="Family"),
            Heading(text="Outcome"),
            Heading(text="Rows", is_number=True),
            Heading(text="Seconds", is_number=True),
            Heading(text="Why", is_sentence=True),
        ),
        rows=tuple(
            (
                words.label(row["family"]),
                row["status"],
                words.count(row["row_count"]),
                words.decimal(row["seconds"], 2),
                row["reason"] or "",
            )
            for row in rows
        ),
    )


def _freshness_grid(rows: list[Row]) -> Grid:
    return Grid(
        title="Freshness of the result tables",
        headings=(
            Heading(text="Table"),
            Heading(text="Family"),
            Heading(text="State"),
            Heading(text="Answers for"),
            Heading(text="Rows", is_number=True),
        ),
        rows=tuple(
            (
                row["table_name"],
                words.spaced(row["family"]),
                ("stale" if row["row_count"] else "not available") if row["is_stale"] else "fresh",
                words.day(row["as_of"]),
                words.count(row["row_count"]),
            )
            for row in rows
        ),
    )
