"""A generated demo shop: where its files are, what they hold, and the truth beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

SOURCES = (
    *("order_lines", "customers", "products", "events", "reviews"),
    *("social_ties", "campaigns", "contacts", "consents"),
)
TRUTHS = (
    "segments",
    "bundles",
    "seasonality",
    "lifetimes",
    "anomalous_days",
    "uplift",
    "price_effects",
    "dirt",
)
MANIFEST = Path("truth") / "shop.json"


@dataclass(frozen=True, kw_only=True)
class DemoShop:
    """The files of a demo shop.

    `row_counts` says how many data rows the files of each source have, dirty rows included; `dirty_row_counts`
    how many of them are dirty, one row of the truth `dirt` each.
    """

    folder: Path
    order_lines: int
    seed: int
    first_day: date
    last_day: date
    file_format: str
    row_counts: Mapping[str, int]
    dirty_row_counts: Mapping[str, int]

    @property
    def settings_file(self) -> Path:
        """The `tillflow.toml` that describes the files."""
        return self.folder / "tillflow.toml"

    def source_files(self, source: str) -> tuple[Path, ...]:
        """Return the files of a source such as `order_lines`, in their order.

        Raises `KeyError` for a source that the shop does not have.
        """
        if source not in SOURCES:
            message = f"the demo shop has no source {source!r}; it has {', '.join(SOURCES)}"
            raise KeyError(message)
        single = self.folder / f"{source}.{self.file_format}"
        return (single,) if single.exists() else tuple(sorted((self.folder / source).glob(f"*.{self.file_format}")))

    def truth_file(self, name: str) -> Path:
        """Return the Parquet file of a planted truth such as `segments`.

        Raises `KeyError` for a truth that was not planted.
        """
        if name not in TRUTHS:
            message = f"the demo shop has no truth {name!r}; it has {', '.join(TRUTHS)}"
            raise KeyError(message)
        return self.folder / "truth" / f"{name}.parquet"

    def truth(self, name: str) -> pa.Table:
        """Return a planted truth such as `segments`; raises `KeyError` for one that was not planted."""
        with duckdb.connect() as connection:
            return connection.read_parquet(str(self.truth_file(name))).to_arrow_table()


def save_manifest(shop: DemoShop) -> None:
    """Write what `open_shop` reads."""
    manifest = {
        "order_lines": shop.order_lines,
        "seed": shop.seed,
        "first_day": shop.first_day.isoformat(),
        "last_day": shop.last_day.isoformat(),
        "file_format": shop.file_format,
        "row_counts": dict(shop.row_counts),
        "dirty_row_counts": dict(shop.dirty_row_counts),
    }
    (shop.folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def open_shop(folder: Path) -> DemoShop:
    """Return the demo shop that was generated in `folder`.

    Raises `FileNotFoundError` where there is none.
    """
    if not (folder / MANIFEST).is_file():
        message = f"{folder} holds no demo shop: {MANIFEST} is missing; generate one there first"
        raise FileNotFoundError(message)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    days = {name: date.fromisoformat(manifest[name]) for name in ("first_day", "last_day")}
    return DemoShop(**manifest | days, folder=folder)
