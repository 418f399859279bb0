"""Faults that were planted by hand once and that the tests have to find for ever.

Each is a piece of text of a file and what the fault puts in its place. Where code moves, the fault moves with it:
a text that is not there exactly once is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.mutation import Mutation

if TYPE_CHECKING:
    from pathlib import Path


class StaleFaultError(Exception):
    """The text that a known fault replaces is not in its file exactly once."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the fault does, in words, the text that it replaces, and the tests that find it."""

    name: str
    file: str
    old: str
    new: str
    tests: str

    def mutation(self, root: Path) -> Mutation:
        """Return the fault as a mutation of the file as it stands.

        Raises:
            StaleFaultError: when the text is not in the file exactly once.
        """
        place = root / self.file
        text = place.read_text(encoding="utf-8") if place.exists() else ""
        if text.count(self.old) != 1:
            message = (
                f"known fault '{self.name}': {self.old!r} stands {text.count(self.old)} times in {self.file}. "
                "The code has moved: describe the same fault in quality/known_faults.py as the code is now."
            )
            raise StaleFaultError(message)
        start = text.index(self.old)
        return Mutation(
            file=self.file, start=start, end=start + len(self.old), new=self.new, kind=self.name, tests=self.tests
        )


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="the first row of a key wins instead of the last",
        file="warehouse/versions.py",
        old="ORDER BY _row_number DESC) = 1 AS _is_version",
        new="ORDER BY _row_number) = 1 AS _is_version",
        tests="tests/warehouse/test_merging.py",
    ),
    Fault(
        name="the earlier load wins over the later",
        file="warehouse/versions.py",
        old="row_number() OVER (PARTITION BY {key} ORDER BY _load_order DESC) = 1 AS is_last",
        new="row_number() OVER (PARTITION BY {key} ORDER BY _load_order) = 1 AS is_last",
        tests="tests/warehouse/test_merging.py",
    ),
    Fault(
        name="dates in the future pass",
        file="warehouse/rows.py",
        old='return _EARLIEST, "$latest_time"',
        new="return _EARLIEST, _LATEST",
        tests="tests/warehouse/test_values.py",
    ),
    Fault(
        name="6.5 is rounded to a whole number",
        file="warehouse/rows.py",
        old="WHEN {whole} = trunc({whole}) THEN",
        new="WHEN {whole} IS NOT NULL THEN",
        tests="tests/warehouse/test_values.py",
    ),
    Fault(
        name="a credit note with a price of zero is a write-off",
        file="warehouse/core/order_lines.sql",
        old="unit_price = 0 AND quantity < 0 AND NOT on_credit_note",
        new="unit_price = 0 AND quantity < 0",
        tests="tests/warehouse/core",
    ),
    Fault(
        name="the day that features are as of is left out of sales",
        file="warehouse/features/sales.sql",
        old="lines.ordered_on <= $as_of",
        new="lines.ordered_on < $as_of",
        tests="tests/warehouse/features/test_sales.py",
    ),
    Fault(
        name="the last day of demand is left out",
        file="warehouse/features/demand_series.sql",
        old="SELECT max(metric_on) AS last_on",
        new="SELECT max(metric_on) - 1 AS last_on",
        tests="tests/warehouse/features/test_demand_series.py",
    ),
    Fault(
        name="the days before a contact are one fewer",
        file="warehouse/features/campaign_outcomes.sql",
        old="AND sales.ordered_on >= assigned.contacted_on - $campaign_effects__window_days::INTEGER",
        new="AND sales.ordered_on > assigned.contacted_on - $campaign_effects__window_days::INTEGER",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="the days from a contact on are one more",
        file="warehouse/features/campaign_outcomes.sql",
        old="AND sales.ordered_on < assigned.contacted_on + $campaign_effects__window_days::INTEGER",
        new="AND sales.ordered_on <= assigned.contacted_on + $campaign_effects__window_days::INTEGER",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="a window of contact is complete a day late",
        file="warehouse/features/campaign_outcomes.sql",
        old="assigned.contacted_on + $campaign_effects__window_days::INTEGER - 1 <= $as_of",
        new="assigned.contacted_on + $campaign_effects__window_days::INTEGER <= $as_of",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="contacts of the day itself are not seen",
        file="warehouse/features/campaign_outcomes.sql",
        old="WHERE contacted_on <= $as_of",
        new="WHERE contacted_on < $as_of",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="the recent days of a customer are one more",
        file="warehouse/features/customer_history.sql",
        old="WHERE days.is_purchase AND days.ordered_on > snapshots.snapshot_on - $holdout_days::INTEGER",
        new="WHERE days.is_purchase AND days.ordered_on >= snapshots.snapshot_on - $holdout_days::INTEGER",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="the holdout begins a day late",
        file="warehouse/features/evaluation_periods.sql",
        old="last_on + 1 - least(",
        new="last_on + 2 - least(",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="the recent orders of a product are of one day more",
        file="warehouse/features/sold_products.sql",
        old="WHERE placed_on > ended_on - $holdout_days::INTEGER",
        new="WHERE placed_on >= ended_on - $holdout_days::INTEGER",
        tests="tests/warehouse/features/test_basket_features.py",
    ),
    Fault(
        name="the holdout of the drivers is a day longer",
        file="warehouse/features/daily_drivers.sql",
        old="days.metric_on > $as_of::DATE - $holdout_days::INTEGER",
        new="days.metric_on >= $as_of::DATE - $holdout_days::INTEGER",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="the ranking of products looks at a day more",
        file="warehouse/features/demand_series.sql",
        old="product_days.ordered_on > bounds.last_on - $demand_forecast__ranking_days",
        new="product_days.ordered_on >= bounds.last_on - $demand_forecast__ranking_days",
        tests="tests/warehouse/features/test_demand_series.py",
    ),
    Fault(
        name="a week that is not over counts as complete",
        file="warehouse/features/price_panel.sql",
        old="weeks.week_on + 6 <= $as_of",
        new="weeks.week_on + 5 <= $as_of",
        tests="tests/warehouse/features/test_days_of_features.py",
    ),
    Fault(
        name="a term is missing in the variance of the lift",
        file="models/basket_rules/measures.py",
        old=" + 2 * together / product",
        new="",
        tests="tests/models/basket_rules/test_measures.py",
    ),
    Fault(
        name="the spread of STL has no floor",
        file="models/anomalies/detectors.py",
        old="    spread = np.maximum(spread, parameters.least_spread / (1 + _OFFSET))\n",
        new="",
        tests="tests/models/anomalies/test_day_detectors.py",
    ),
    Fault(
        name="lineage is written for families that failed",
        file="warehouse/publishing.py",
        old='        if by_name[family.name].status == "published"\n        for name in family.results\n',
        new="        for name in family.results\n",
        tests="tests/warehouse/test_publishing.py",
    ),
    Fault(
        name="the fingerprint of a run does not depend on its day",
        file="warehouse/run_records.py",
        old="known = [merged, said, as_of.isoformat(), version,",
        new="known = [merged, said, version,",
        tests="tests/warehouse/test_run_records.py",
    ),
    Fault(
        name="a new family or contract is no reason to run",
        file="warehouse/run_records.py",
        old="version, repr(all_tables()), families]",
        new="version]",
        tests="tests/warehouse/test_run_records.py",
    ),
    Fault(
        name="raw is merged without its gate",
        file="tasks/ingest.py",
        old="        pass_gate(Gate.RAW, run, connection)\n",
        new="        pass\n",
        tests="tests/tasks/test_gates.py",
    ),
    Fault(
        name="core is committed without its gate",
        file="tasks/ingest.py",
        old="                pass_gate(Gate.CORE, run, connection, in_part=in_part)\n",
        new="                pass\n",
        tests="tests/tasks/test_gates.py",
    ),
    Fault(
        name="features are committed without their gate",
        file="tasks/features.py",
        old="            pass_gate(Gate.FEATURES, run, connection, as_of, built=build.tables)\n",
        new="            pass\n",
        tests="tests/tasks/test_gates.py",
    ),
    Fault(
        name="a failed gate does not stop what it guards",
        file="tasks/gates.py",
        old="    tell(gate, results).raise_if_failed()\n",
        new="    tell(gate, results)\n",
        tests="tests/tasks/test_gates.py",
    ),
    Fault(
        name="results are published without their gate",
        file="tasks/publish.py",
        old="    if decision.passed:\n",
        new="    if True:\n",
        tests="tests/tasks/test_gates.py",
    ),
    Fault(
        name="the flow leaves out the gate of raw",
        file="flows/marketing.py",
        old="        check_raw(run)\n",
        new="        pass\n",
        tests="tests/flows/test_marketing.py",
    ),
    Fault(
        name="the weeks of the report's comparison begin a day early",
        file="report/sections/overview.sql",
        old="WHEN days.metric_on > bounds.as_of - 28 THEN 'now'",
        new="WHEN days.metric_on >= bounds.as_of - 28 THEN 'now'",
        tests="tests/report/test_section_rows.py",
    ),
    Fault(
        name="checks of every run count in the summary of one",
        file="warehouse/statements/checks_of_run.sql",
        old="WHERE run_id = $run_id\n",
        new="",
        tests="tests/warehouse/statements",
    ),
)
