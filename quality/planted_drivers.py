"""What the family `drivers` finds of the effects that are planted in demo shops, seed by seed.

`python -m quality.planted_drivers 1 10` measures the seeds 1 to 10 and writes docs/drivers.json, from which `make docs`
writes the table of docs/drivers.md.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.demo_warehouse import DemoWarehouse, demo_warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = Path(__file__).parents[1] / "docs" / "drivers.json"


@dataclass(frozen=True, kw_only=True)
class Found:
    """An effect on the logarithm as planted and as found, with its 95% interval."""

    planted: float
    found: float
    lower: float
    upper: float


def campaign_effect(demo: DemoWarehouse) -> Found:
    """Return the mean effect of the shop's campaigns on the logarithm of a day's orders.

    Planted is what the campaigns added, which the shop's truth has for each: the mean over the campaigns of the
    logarithm of orders over orders less what was added.
    """
    added = demo.shop.truth("uplift").to_pandas().groupby("campaign_number")["added_order_count"].sum()
    days = demo.inputs["features.daily_drivers"].to_pandas()
    planted = []
    for campaign in demo.core["core.campaigns"].to_pylist():
        runs = (days["metric_on"] >= campaign["started_on"]) & (days["metric_on"] <= campaign["ended_on"])
        orders = float(days.loc[runs, "order_count"].sum())
        planted.append(np.log(orders / (orders - float(added[campaign["campaign_id"]]))))
    rows = demo.answer("drivers")["regressions"]
    row: Any = rows.query("scope == 'orders_by_campaigns' and role == 'answer'").iloc[0]
    return Found(planted=float(np.mean(planted)), found=row["coefficient"], lower=row["lower"], upper=row["upper"])


@dataclass(frozen=True)
class _Folders:
    folder: Path

    def mktemp(self, basename: str) -> Path:
        made = self.folder / basename
        made.mkdir()
        return made


def price_elasticities(demo: DemoWarehouse) -> dict[str, Found]:
    """Return the price elasticity of each category."""
    planted = demo.shop.truth("price_effects").to_pandas().set_index("category")["elasticity"]
    rows = demo.answer("drivers")["regressions"].query("scope == 'price_elasticity'").set_index("term")
    found = rows[["coefficient", "lower", "upper"]].to_dict("index")
    terms = {str(category): found.get(f"log_unit_price in {category}") for category in planted.index}
    return {
        category: Found(
            planted=float(planted[category]), found=row["coefficient"], lower=row["lower"], upper=row["upper"]
        )
        for category, row in terms.items()
        if row is not None
    }


def main(arguments: Sequence[str]) -> int:
    """Measure the seeds from the first to the last argument; returns the exit code."""
    first, last = map(int, arguments)
    measured = []
    with TemporaryDirectory() as folder:
        for seed in range(first, last + 1):
            demo = demo_warehouse(_Folders(Path(folder)), seed=seed)
            prices = {category: asdict(found) for category, found in price_elasticities(demo).items()}
            measured.append({"seed": seed, "campaigns": asdict(campaign_effect(demo)), "prices": prices})
    FILE.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
