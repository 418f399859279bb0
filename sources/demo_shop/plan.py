"""What a demo shop is made from, and the sizes that follow from its number of order lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

FileFormat = Literal["csv", "parquet"]

LAST_DAY = date(2025, 12, 31)
SMALLEST_SHOP = 500
LARGEST_SHOP = 1_000_000_000
LARGEST_SHOP_IN_CSV = 1_000_000
DEFAULT_SHOP = 150_000
LINES_PER_ORDER = 5
LINES_PER_CUSTOMER = 75
CUSTOMERS_PER_CIRCLE = 8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The size, seed and last day of a demo shop, and the format of its files.

    Raises `ValueError` where a number is outside what can be generated.
    """

    order_lines: int
    seed: int
    last_day: date
    file_format: FileFormat

    def __post_init__(self) -> None:
        if not SMALLEST_SHOP <= self.order_lines <= LARGEST_SHOP:
            message = f"order_lines is {self.order_lines:,}; give {SMALLEST_SHOP:,} to {LARGEST_SHOP:,}"
            raise ValueError(message)
        if not 0 <= self.seed < 2**63:
            message = f"seed is {self.seed}; give a whole number from 0 to 2^63 - 1"
            raise ValueError(message)
        if self.file_format not in {"csv", "parquet"}:
            message = f"file_format is {self.file_format!r}; give 'csv' or 'parquet', or leave it out"
            raise ValueError(message)

    @property
    def first_day(self) -> date:
        """The first of two years of days."""
        day_after = self.last_day + timedelta(days=1)
        if (day_after.month, day_after.day) == (2, 29):
            day_after += timedelta(days=1)
        return day_after.replace(year=day_after.year - 2)

    @property
    def day_count(self) -> int:
        """Days from the first to the last, both included."""
        return (self.last_day - self.first_day).days + 1

    @property
    def months(self) -> tuple[str, ...]:
        """The calendar months that the days touch, as `2025-01`."""
        first, last = (12 * day.year + day.month - 1 for day in (self.first_day, self.last_day))
        return tuple(f"{month // 12}-{month % 12 + 1:02}" for month in range(first, last + 1))

    @property
    def customer_count(self) -> int:
        """One customer per 75 order lines, at least 60."""
        return max(60, round(self.order_lines / LINES_PER_CUSTOMER))

    @property
    def product_count(self) -> int:
        """400 products in the default shop, growing with the square root of its size, at least 60."""
        return max(60, round(400 * math.sqrt(self.order_lines / DEFAULT_SHOP)))

    @property
    def bundle_count(self) -> int:
        """12 bundles for 400 products, at least 3."""
        return max(3, round(12 * self.product_count / 400))

    @property
    def parameters(self) -> Mapping[str, int | date]:
        """What the SQL files may bind."""
        return {
            "first_day": self.first_day,
            "last_day": self.last_day,
            "day_count": self.day_count,
            "month_count": len(self.months),
            "customer_count": self.customer_count,
            "circle_count": self.customer_count // CUSTOMERS_PER_CIRCLE,
            "product_count": self.product_count,
            "bundle_count": self.bundle_count,
        }
