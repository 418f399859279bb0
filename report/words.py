"""Figures, days and lists as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    Number = float | Decimal

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
_WITHOUT_CENTS = 1_000
_SMALL_SHARE = 0.1
_SMALLEST_PROBABILITY = 0.001


def count(value: Number | None) -> str:
    """Return a whole number with thousands parted: 12,345."""
    known = _known(value)
    return NOTHING if known is None else _sign(known) + f"{abs(known):,.0f}"


def decimal(value: Number | None, digits: int = 3) -> str:
    """Return a number with `digits` significant digits, thousands parted: 0.0123, 1.23, 12,345."""
    known = _known(value)
    return NOTHING if known is None else _sign(known) + _significant(known, digits)


def signed(value: Number | None, digits: int = 3) -> str:
    """Return a number with its sign, a plus too."""
    known = _known(value)
    return NOTHING if known is None else _sign(known, plus="+") + _significant(known, digits)


def share(value: Number | None) -> str:
    """Return a share of 0..1 as a percentage, with a decimal place below 10%."""
    known = _known(value)
    return NOTHING if known is None else _sign(known) + _percentage(known)


def change(value: Number | None) -> str:
    """Return a relative change with its sign: 0.05 is +5.0%."""
    known = _known(value)
    return NOTHING if known is None else _sign(known, plus="+") + _percentage(known)


def money(value: Number | None, currency: str) -> str:
    """Return an amount with its currency, without cents from a thousand on."""
    known = _known(value)
    if known is None:
        return NOTHING
    size = abs(known)
    figure = f"{size:,.0f}" if size >= _WITHOUT_CENTS or size == 0 else f"{size:,.2f}"
    return f"{_sign(known)}{figure} {currency}".rstrip()


def interval(lower: Number | None, upper: Number | None, digits: int = 3) -> str:
    """Return the ends of an interval: '0.12 to 0.34'."""
    if _known(lower) is None or _known(upper) is None:
        return NOTHING
    return f"{decimal(lower, digits)} to {decimal(upper, digits)}"


def probability(value: Number | None) -> str:
    """Return a p-value, with very small ones as '< 0.001'."""
    known = _known(value)
    if known is None:
        return NOTHING
    return f"< {_SMALLEST_PROBABILITY}" if known < _SMALLEST_PROBABILITY else f"{known:.3f}"


def day(value: date | None) -> str:
    """Return a day: 9 Dec 2011."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def plural(value: int, one: str) -> str:
    """Return a counted noun: '1 day', '2 days'."""
    return f"{count(value)} {one if value == 1 else one + 's'}"


def listed(texts: Iterable[str]) -> str:
    """Return 'a', 'a and b' or 'a, b and c'."""
    *most, last = list(texts) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def spaced(name: str) -> str:
    """Return a name of the warehouse for people: `price_elasticity` is 'price elasticity'."""
    return name.replace("_", " ")


def label(name: str) -> str:
    """Return a name of the warehouse as a heading: `basket_rules` is 'Basket rules'."""
    return sentence(spaced(name)).rstrip(".")


def sentence(text: str) -> str:
    """Return `text` with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _known(value: Number | None) -> float | None:
    """Return the number; None where there is none, be it None, not a number or endless."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def _sign(value: float, plus: str = "") -> str:
    if value < 0:
        return MINUS
    return plus if value > 0 else ""


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{abs(value):,.{places}f}"


def _percentage(value: float) -> str:
    size = abs(value)
    return f"{size:.1%}" if 0 < size < _SMALL_SHARE else f"{size:.0%}"
