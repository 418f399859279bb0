"""The overview: the last 28 days against the 28 before, and how fresh the answers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Content, Note, Tile, Tiles, Tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.blocks import Block
    from report.shop import Row, Shop

_NOTABLE = 0.02


def write(shop: Shop) -> Content | None:
    """Write the overview; None for a shop without a day of sales."""
    row = shop.row("overview")
    if row["last_on"] is None:
        return None
    sold, tile_title, show = _sold(row, shop)
    growth = _growth(row[f"{sold}_now"], row[f"{sold}_before"]) if row["has_before"] else None
    tiles = (
        Tile(label="Answers for", value=words.day(row["as_of"]), note=f"data from {words.day(row['first_on'])} on"),
        Tile(
            label=f"{tile_title}, last 28 days",
            value=show(row[f"{sold}_now"]),
            note=f"{words.change(growth)} against the 28 days before" if growth is not None else "",
            tone=_tone(growth),
        ),
        _compared("Orders, last 28 days", row["orders_now"], row["orders_before"] if row["has_before"] else None),
        _compared(
            "Active customers, last 28 days",
            row["customers_now"],
            row["customers_before"] if row["has_before"] else None,
            f"{words.count(row['new_customers_now'] or 0)} bought for the first time",
        ),
        _freshness_tile(shop),
    )
    return Content(headline=_headline(row, shop), blocks=(Tiles(tiles=tiles), *_run_notes(row, shop)))


def _sold(row: Row, shop: Shop) -> tuple[str, str, Callable[[words.Number | None], str]]:
    has_prices = row["amount_now"] is not None
    return ("amount", "Net sales", shop.money) if has_prices else ("units", "Units sold", words.count)


def _headline(row: Row, shop: Shop) -> str:
    sold, _, show = _sold(row, shop)
    now, before, year_ago = (row[f"{sold}_{period}"] for period in ("now", "before", "year_ago"))
    what = "took in" if sold == "amount" else "sold"
    unit = " net of returns" if sold == "amount" else " units"
    text = f"{shop.name} {what} {show(now or 0)}{unit} in the 28 days to {words.day(row['as_of'])}"
    growth = _growth(now, before) if row["has_before"] else None
    if growth is not None:
        text += f", {words.change(growth)} against the 28 days before"
    growth = _growth(now, year_ago) if row["has_year_ago"] else None
    if growth is not None:
        text += f" and {words.change(growth)} against the same days a year earlier"
    return f"{text}."


def _compared(label: str, now: int | None, before: int | None, note: str = "") -> Tile:
    growth = _growth(now, before)
    texts = [f"{words.change(growth)} against the 28 days before"] if growth is not None else []
    return Tile(
        label=label, value=words.count(now or 0), note="; ".join([*texts, *filter(None, [note])]), tone=_tone(growth)
    )


def _growth(now: words.Number | None, before: words.Number | None) -> float | None:
    return float(now) / float(before) - 1 if now is not None and before is not None and before > 0 else None


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
