"""What can be set of personal data: its protection, consent, erasure, and how long it is kept."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotation
from typing import Literal

from pydantic import Field

from warehouse.settings_section import Section


class RetentionSettings(Section):
    """`[privacy.retention]`: how long what is kept; without a number for ever. `tillflow retain` does it."""

    history_days: int | None = Field(
        None,
        ge=1,
        description=(
            "Snapshots of earlier days go, with the files that only they read: time travel, and answers of earlier "
            "runs, reach so far back."
        ),
    )
    raw_days: int | None = Field(
        None,
        ge=1,
        description=(
            "Raw rows of loads that were read earlier go, from every snapshot, once they are in core. What is open in "
            "quarantine, and loads that wait, stay."
        ),
    )
    quarantine_days: int | None = Field(
        None,
        ge=1,
        description=(
            "Rows that were quarantined earlier, and loads that were set aside, are discarded where nobody decided on "
            "them: what they said goes, that they were there stays."
        ),
    )
    customers_idle_days: int | None = Field(
        None,
        ge=1,
        description=(
            "Customers whose last order, visit, review, tie, consent or sign-up is earlier are erased as by tillflow "
            "erase: for good, also when they come back under the same id."
        ),
    )
    unnamed_values: bool = Field(
        default=False,
        description="Encrypted values go whose pseudonym no row of any snapshot names any more.",
    )
    after_runs: bool = Field(
        default=False, description="A run does it when it has ended, once a day; else only tillflow retain does."
    )

    @property
    def is_set(self) -> bool:
        """Whether anything is ever to go."""
        days = (self.history_days, self.raw_days, self.quarantine_days, self.customers_idle_days)
        return self.unnamed_values or any(given is not None for given in days)


class PrivacySettings(Section):
    """`[privacy]`: how personal values are protected. See docs/privacy.md."""

    key_file: Path | None = Field(
        None,
        description=(
            "File of the key of personal values, outside of the warehouse's folder; by default tillflow/personal.key "
            "in the user's configuration folder, which is made when it is needed first. The environment variable "
            "TILLFLOW_PERSONAL_KEY beats it."
        ),
    )
    pseudonymise: Literal["recognised", "all"] = Field(
        "recognised",
        description=(
            "Which customers' ids are replaced by pseudonyms: those that are e-mail addresses or phone numbers, or all."
        ),
    )
    erased_orders: Literal["anonymous", "delete"] = Field(
        "anonymous",
        description=(
            "What becomes of the order lines of a customer who is erased. anonymous: they stay as sales of nobody, "
            "under another order number, so that totals stay; delete: they go as well."
        ),
    )
    consent: Literal["opt_out", "opt_in"] = Field(
        "opt_out",
        description=(
            "Whom marketing may contact of the customers who have decided nothing in core.consents. opt_out: all, as "
            "they have not refused; opt_in: nobody, as they have not agreed."
        ),
    )
    retention: RetentionSettings = RetentionSettings()

    @property
    def contacts_by_default(self) -> bool:
        """Whether who decided nothing may be contacted."""
        return self.consent == "opt_out"
