"""The contract of a table: its grain, key, typed columns, checks and the questions it answers.

Everything that is said about a table is said here once. DDL, comments, Great Expectations suites,
row checks, the data dictionary and the tests are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

WAREHOUSE_FOLDER = Path(__file__).parent


class Severity(StrEnum):
    """What a broken check means: `WARN` is recorded, `FAIL` stops the run before anything is published."""

    WARN = "warn"
    FAIL = "fail"


class Origin(StrEnum):
    """Where a column's values come from: a source's files, Tillflow, or Tillflow where no source gives them."""

    SOURCE = "source"
    DERIVED = "derived"
    EITHER = "either"


class Personal(StrEnum):
    """Whether a column's values are about a person, and so what stands in it.

    `IDENTIFIER`: the shop's own number of a person. It stays as it is, unless it looks personal itself, as an e-mail
    address does, or `privacy.pseudonymise` asks for all: then its pseudonym stands in its place.
    `CONTENT`: what a person is called, has or wrote. Its pseudonym stands in its place, always.
    The values themselves are in `protected.personal_values` only, encrypted.
    """

    NO = ""
    IDENTIFIER = "identifier"
    CONTENT = "content"


class Parts(StrEnum):
    """How a feature table is built: in one piece, or by buckets of customers, in which each order lies in one.

    `SPLIT` is read once and its rows are told apart by their column `bucket`; `BUCKETS` is built bucket by bucket, by
    the same SQL, from what was split or built so before. `SUMS` is built so as well, and what the buckets have of one
    key is added up.
    """

    WHOLE = "whole"
    SPLIT = "split"
    BUCKETS = "buckets"
    SUMS = "sums"

    @property
    def is_by_bucket(self) -> bool:
        """Whether each bucket is built by itself."""
        return self in {Parts.BUCKETS, Parts.SUMS}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its DuckDB type, meaning and limits.

    Limits are inclusive. `references` names a column as `schema.table.column` that must hold the value in every
    row for which the SQL predicate `references_when` is true. A column that `moves` grows by one with each day that
    features are built for, whatever else stays as it is.
    """

    name: str
    type: str
    description: str
    unit: str = ""
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    references: str = ""
    references_when: str = "true"
    origin: Origin = Origin.DERIVED
    personal: Personal = Personal.NO
    severity: Severity = Severity.FAIL
    moves: bool = False

    def here(self, note: str = "", **changes: Any) -> Column:  # noqa: ANN401 - whatever a column has
        """Return the column as one table has it: `note` is added to what is said of it everywhere."""
        return replace(self, description=f"{self.description} {note}".rstrip(), **changes)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A rule over the rows of one table.

    `violation` is a SQL predicate over the table's columns, true for a row that breaks the rule. A check that
    `is_defect` is about what Tillflow works out itself: it is asked at gates, and not of the rows that come in.
    """

    name: str
    violation: str
    meaning: str
    advice: str
    severity: Severity = Severity.FAIL
    is_defect: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that the table answers, with the SQL that answers it.

    `empty_when_well` says that a first run in which all goes well has no rows for it.
    """

    text: str
    sql: str
    empty_when_well: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One warehouse table.

    `append` tables keep one answer per `as_of`; all others hold the current answer only.
    `shared` tables are written by many families: a family replaces its own rows only.
    `dated_by` is the date column of a core table from which on a row is known; without one its rows are timeless.
    `minimum_rows` is the row-count floor of the table's suite.
    `parts` says how a feature table is built; one that is not `stored` is there while a run builds features only.
    `renewed_by` names the column that tells which rows of a feature table a new day renews: those of touched customers
    or orders, or, by a date, those from the first touched day on. Without it the table is built whole, which is right
    for small ones.
    """

    schema: str
    name: str
    grain: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    inputs: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    questions: tuple[Question, ...] = ()
    append: bool = False
    shared: bool = False
    dated_by: str = ""
    minimum_rows: int = 0
    parts: Parts = Parts.WHOLE
    stored: bool = True
    renewed_by: str = ""

    @property
    def qualified_name(self) -> str:
        """`schema.name`, as SQL writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def sql_file(self) -> Path:
        """Where the SQL that builds the table stands, beside its contract."""
        return WAREHOUSE_FOLDER / self.schema / f"{self.name}.sql"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def given_names(self) -> tuple[str, ...]:
        """The columns of a result that its family gives: all but those that the framework writes in."""
        return tuple(name for name in self.column_names if name not in (*self.written_in, *self.consents))

    @property
    def consents(self) -> tuple[str, ...]:
        """The columns of a result that say whether the customer it names may be contacted; none where it names none."""
        return tuple(column.name for column in CONSENTS) if self.names_customers else ()

    @property
    def names_customers(self) -> bool:
        """Whether each row of a result is about one customer, so that `warehouse.consents` has a say in it."""
        return self.schema == "results" and _is_about_persons(self.columns, self.key)

    @property
    def written_in(self) -> tuple[str, ...]:
        """The columns of a result that the framework writes in: whose answer it is, for which day, from which run."""
        return (FAMILY.name, AS_OF.name, RUN_ID.name) if self.shared else (AS_OF.name, RUN_ID.name)

    def column(self, name: str) -> Column:
        """Return the column called `name`; raises `KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        message = f"{self.qualified_name} has no column {name!r}; it has {', '.join(self.column_names)}"
        raise KeyError(message)


AS_OF = Column(name="as_of", type="DATE", description="The day the answer is for; no later data was used.")
RUN_ID = Column(name="run_id", type="VARCHAR", description="The run's number.")
FAMILY = Column(name="family", type="VARCHAR", description="The model family.")
# What `warehouse.consents` writes into every result that names customers.
CONSENTS = (
    Column(
        name="may_contact",
        type="BOOLEAN",
        description=(
            "The customer may be contacted by at least one channel, as core.consents and privacy.consent say as of the "
            "day; empty in answers of before this was asked."
        ),
        nullable=True,
    ),
    Column(
        name="contact_channels",
        type="VARCHAR",
        description=(
            "The channels by which the customer may be contacted: all, or those named, with other for every channel "
            "that no decision names; empty for none."
        ),
        nullable=True,
    ),
)
_CONSENT_IS_KNOWN = Check(
    name="consent_is_known",
    violation="may_contact IS NULL OR may_contact = (contact_channels IS NULL)",
    meaning="a row names a customer and does not say whether the customer may be contacted",
    advice="run again; report it as a defect",
    is_defect=True,
)


def _is_about_persons(columns: tuple[Column, ...], key: tuple[str, ...]) -> bool:
    return any(column.personal is Personal.IDENTIFIER for column in columns if column.name in key)


def result_table(  # noqa: PLR0913 - a contract has as many parts as it has
    *,
    name: str,
    grain: str,
    description: str,
    key: tuple[str, ...],
    columns: tuple[Column, ...],
    checks: tuple[Check, ...] = (),
    questions: tuple[Question, ...] = (),
    append: bool = False,
    shared: bool = False,
    minimum_rows: int = 0,
) -> Table:
    """Return the contract of a table in `results`, with the columns that the framework writes.

    These are `as_of`, also in the key of an `append` table, `run_id`, and `family`, first in the key of a `shared` one;
    where a customer is in the key, `may_contact` and `contact_channels` too.
    What a result is made from is what the families that write it read.
    """
    key = ("family", *key) if shared else key
    is_personal = _is_about_persons(columns, key)
    consents = CONSENTS if is_personal else ()
    return Table(
        schema="results",
        name=name,
        grain=grain,
        description=description,
        key=(*key, "as_of") if append else key,
        columns=(
            *((FAMILY,) if shared else ()),
            *columns,
            *consents,
            AS_OF,
            RUN_ID.here("It wrote the row, see ops.runs."),
        ),
        checks=(*checks, *((_CONSENT_IS_KNOWN,) if is_personal else ())),
        questions=questions,
        append=append,
        shared=shared,
        minimum_rows=minimum_rows,
    )
