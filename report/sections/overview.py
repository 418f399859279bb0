"""The overview: the last 28 days against the 28 before, and how fresh the answers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Note, Tile, Tiles, Tone

if TYPE_CHECKING:
    from report.blocks import Block
    from report.shop import Row, Shop

_NOTABLE = 0.02


def write(shop: Shop) -> Content | None:
    """Write the overview; None for a shop without a day of sales."""
    row = shop.row("overview")
    if row["last_on"] is None:
        return None
    sold = _sold(row)
    currency = f" in {shop.currency}" if shop.currency else ""
    tiles = (
        Tile(label="Answers for", value=words.day(row["as_of"]), note=f"data from {words.day(row['first_on'])} on"),
        _compared(f"Net sales{currency}" if sold == "amount" else "Units sold", row, sold),
        _compared("Orders", row, "orders"),
        _compared(
            "Active customers",
            row,
            "customers",
            f"{words.count(row['new_customers_now'] or 0)} bought for the first time",
        ),
        _freshness_tile(shop),
    )
    return Content(headline=_headline(row, shop), blocks=(Tiles(tiles=tiles), *_run_notes(row, shop)))


def _sold(row: Row) -> str:
    """Return what sales are counted in: the amount, or the units of a shop without prices."""
    return "amount" if row["has_prices"] else "units"


def _headline(row: Row, shop: Shop) -> str:
    now = row[f"{_sold(row)}_now"] or 0
    sold = (
        f"sold {shop.money(now)}, less what was returned or cancelled,"
        if row["has_prices"]
        else f"sold {words.count(now)} units"
    )
    text = f"{shop.name} {sold} in the 28 days to {words.day(row['as_of'])}"
    growth = _growth(row, _sold(row), "before")
    if growth is not None:
        text += f", {words.change(growth)} against the 28 days before"
    growth = _growth(row, _sold(row), "year_ago")
    if growth is not None:
        text += f" and {words.change(growth)} against the same days a year earlier"
    return f"{text}."


def _compared(label: str, row: Row, figure: str, note: str = "") -> Tile:
    growth = _growth(row, figure, "before")
    texts = [f"{words.change(growth)} against the 28 days before"] if growth is not None else []
    return Tile(
        label=f"{label}, last 28 days",
        value=words.count(row[f"{figure}_now"] or 0),
        note="; ".join([*texts, *filter(None, [note])]),
        tone=_tone(growth),
    )


def _growth(row: Row, figure: str, period: str) -> float | None:
    """Return the change of a figure against an earlier period; None where the data don't cover all of that."""
    now, then = row[f"{figure}_now"], row[f"{figure}_{period}"]
    if not row[f"has_{period}"] or now is None or not then or then < 0:
        return None
    return float(now) / float(then) - 1


def _tone(growth: float | None) -> Tone:
    if growth is None or abs(growth) < _NOTABLE:
        return Tone.PLAIN
    return Tone.GOOD if growth > 0 else Tone.BAD


def _freshness_tile(shop: Shop) -> Tile:
    total = len(shop.freshness)
    if not total:
        return Tile(label="Answers renewed", value="none", note="no model family has run yet", tone=Tone.WARN)
    stale = [row for row in shop.freshness if row["is_stale"] and row["row_count"]]
    missing = [row for row in shop.freshness if row["is_stale"] and not row["row_count"]]
    notes = [f"{len(stale)} stale"] if stale else []
    notes += [f"{len(missing)} not available"] if missing else []
    return Tile(
        label="Answers renewed",
        value=f"{total - len(stale) - len(missing)} of {total}",
        note=", ".join(notes) or "every table is fresh",
        tone=Tone.WARN if stale else Tone.PLAIN,
    )


def _run_notes(row: Row, shop: Shop) -> tuple[Block, ...]:
    """Return how the last run went, and what each family that did not renew its tables says."""
    notes: list[Block] = []
    if row["run_id"]:
        tone = Tone.PLAIN if row["status"] in ("published", "unchanged") else Tone.WARN
        text = f"Run {row['run_id']}, {words.spaced(row['status'])}. {words.sentence(row['message'])}"
        notes.append(Note(text=text, tone=tone))
    by_family: dict[tuple[str, str], list[Row]] = {}
    for stale in shop.freshness:
        if stale["is_stale"]:
            by_family.setdefault((stale["family"], stale["reason"] or ""), []).append(stale)
    for (family, reason), tables in sorted(by_family.items()):
        held = [table for table in tables if table["row_count"]]
        state = f"stale, as of {words.day(held[0]['as_of'])}" if held else "not available"
        tone = Tone.WARN if held else Tone.PLAIN
        text = f"{words.label(family)} is {state}. {words.sentence(reason)}"
        notes.append(Note(text=text, tone=tone))
    return tuple(notes)
