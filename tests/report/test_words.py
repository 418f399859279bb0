from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from report import words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (words.count(1234567), "1,234,567"),
        (words.count(-3), f"{words.MINUS}3"),
        (words.count(None), words.NOTHING),
        (words.count(float("nan")), words.NOTHING),
        (words.decimal(0.012345), "0.0123"),
        (words.decimal(12345.6), "12,346"),
        (words.decimal(0), "0"),
        (words.decimal(-1.5, 2), f"{words.MINUS}1.5"),
        (words.signed(0.5), "+0.500"),
        (words.share(0.5), "50%"),
        (words.share(0.0123), "1.2%"),
        (words.share(0), "0%"),
        (words.change(-0.251), f"{words.MINUS}25%"),
        (words.change(0.04), "+4.0%"),
        (words.money(Decimal("1234.5678"), "EUR"), "1,235 EUR"),
        (words.money(12.5, "EUR"), "12.50 EUR"),
        (words.money(-12.5, ""), f"{words.MINUS}12.50"),
        (words.money(None, "EUR"), words.NOTHING),
        (words.interval(-1, 2.25), f"{words.MINUS}1.00 to 2.25"),
        (words.interval(None, 2), words.NOTHING),
        (words.probability(0.00001), "< 0.001"),
        (words.probability(0.25), "0.250"),
        (words.day(date(2011, 12, 9)), "9 Dec 2011"),
        (words.day(None), words.NOTHING),
        (words.plural(1, "day"), "1 day"),
        (words.plural(2000, "day"), "2,000 days"),
        (words.listed([]), ""),
        (words.listed(["a"]), "a"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
        (words.label("basket_rules"), "Basket rules"),
        (words.sentence("why not?"), "Why not?"),
        (words.sentence("it ran out of memory"), "It ran out of memory."),
        (words.sentence(" "), ""),
    ],
)
def test_figures_and_days_are_written_as_people_do(written: str, expected: str) -> None:
    assert written == expected
