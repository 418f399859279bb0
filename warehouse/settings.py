"""What can be set, with defaults and limits. `warehouse.settings_file` reads it."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads the annotation
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from models import FAMILIES
from models.public_holidays import public_holidays
from warehouse.contracts import Personal
from warehouse.ddl import quote_text
from warehouse.loadable import core_table, loadable_tables, mapping_problem
from warehouse.privacy_settings import PrivacySettings
from warehouse.settings_section import Section

if TYPE_CHECKING:
    from models.family import Parameters

# Object storage that `warehouse.data` may name: what speaks S3's protocol, which DuckDB's httpfs does.
OBJECT_STORES = ("s3://", "gs://", "gcs://", "r2://")

# Names become table names in the raw layer and parts of load ids.
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]


# As DuckDB reads them.
_SIZE_OR_NONE = r"^(\d+(\.\d+)?\s?[KMGT]i?B)?$"


@cache
def _answer_of_duckdb(function: str, value: str) -> str:
    """Return why DuckDB refuses `value` as what a function reads a text by; an empty text when it doesn't."""
    with duckdb.connect() as connection:
        try:
            connection.execute(f"SELECT {function}('', {quote_text(value)})")
        except duckdb.Error as error:
            return str(error).partition(": ")[2]
    return ""


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = "not an IANA time zone; allowed are names such as 'UTC' or 'Europe/London'"
        raise ValueError(message) from error
    return value


class ShopSettings(Section):
    """`[shop]`: whose data this is."""

    name: str = Field("Shop", description="The shop's name, as the report shows it.")
    currency: str = Field("", description="The currency of all prices, such as EUR.")
    country: str = Field(
        "",
        pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$",
        description=(
            "Whose public holidays forecasts and anomalies know: an ISO 3166 code such as DE, or with a part of the "
            "country, such as GB-ENG. Empty: Christmas, New Year and Easter only, and only what the shop's own days "
            "say of them."
        ),
    )
    time_zone: str = Field("UTC", description="Calendar days are days in this IANA time zone.")

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        public_holidays(value, ())
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        return _known_zone(value)


class WarehouseSettings(Section):
    """`[warehouse]`: where the tables live."""

    path: Path = Field(Path("warehouse_data"), description="Folder of the catalog, the data and the scratch files.")
    catalog: str = Field(
        "",
        repr=False,
        description=(
            "Empty for a SQLite catalog in `path`, or postgresql://user@host/database for a team's. Its password comes "
            "from PGPASSWORD or PGPASSFILE."
        ),
    )
    data: str = Field(
        "",
        description=(
            "Folder of the Parquet files, or object storage: s3://bucket/prefix, or the same with gs://, gcs:// or "
            "r2://; empty for `path`/data."
        ),
    )
    group: Literal["nobody", "reads", "writes"] = Field(
        "nobody",
        description=(
            "What the group of the warehouse's folder may do. nobody: nothing (folders 0700, files "
            "0600); reads: read (2750, 0640); writes: write as well (2770, 0660), as readers of a SQLite catalog must."
        ),
    )
    memory_limit: str = Field(
        "",
        pattern=_SIZE_OR_NONE,
        description=(
            "Memory of DuckDB in the run's own process, such as 2GB; by default, and at most, three quarters of "
            "`run.memory_limit`. In a family's process it is half of the family's share."
        ),
    )
    spill_limit: str = Field(
        "",
        pattern=_SIZE_OR_NONE,
        description=(
            "What DuckDB may write to `path` where its memory does not suffice, such as 20GB; by default four fifths "
            "of what is free there. Families that run at the same time share it."
        ),
    )
    threads: int | None = Field(
        None,
        ge=1,
        description="DuckDB's threads; by default one a core. Families that run at the same time share them.",
    )

    @property
    def catalog_file(self) -> Path:
        """Where the catalog lies, if it is a file."""
        return self.path / "catalog.sqlite"

    @property
    def data_place(self) -> str:
        """The folder or object storage of the Parquet files."""
        return self.data or str(self.path / "data")

    @field_validator("data")
    @classmethod
    def _known_object_store(cls, value: str) -> str:
        if "://" in value and not value.startswith(OBJECT_STORES):
            message = f"allowed are a folder or object storage at {', '.join(OBJECT_STORES)}; Azure's is not supported"
            raise ValueError(message)
        return value

    @field_validator("catalog")
    @classmethod
    def _known_catalog(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            message = "allowed are an empty text (SQLite in the warehouse folder) or postgresql://user@host/database"
            raise ValueError(message)
        return value


class RunSettings(Section):
    """`[run]`: how a run goes about its work."""

    as_of: date | None = Field(None, description="The day to answer for; by default the last day in the data.")
    seed: int = Field(0, ge=0, description="Seed of all randomness in the models.")
    full: bool = Field(
        default=False,
        description="Build and judge all of core and of the features again, also what no new load touches.",
    )
    verify: bool = Field(
        default=False,
        description="Build all of core and of the features beside what new loads touch; end the run where they differ.",
    )
    holdout_days: int = Field(90, ge=7, le=730, description="Days kept back to judge models out of time.")
    memory_limit: str = Field(
        "",
        pattern=_SIZE_OR_NONE,
        description=(
            "Memory of all processes of a run together, such as 8GB; by default half of what the machine, or the "
            "container, has."
        ),
    )
    parallel_families: int | None = Field(
        None,
        ge=1,
        description=(
            "Families that run at the same time and share three quarters of `memory_limit`; by default one a core, "
            "with 750 MB for each. With Dask, on each machine."
        ),
    )
    family_timeout_seconds: float = Field(1800, gt=0, description="A family is stopped after this time.")
    buckets: int = Field(
        0,
        ge=0,
        le=4096,
        description=(
            "Parts of the shop that features are built by, one after the other or on several workers: customers with "
            "all of their orders. 0: as many as hold `bucket_lines` order lines each."
        ),
    )
    bucket_lines: int = Field(
        10_000_000, ge=1000, description="Order lines that may be in one bucket, on average, where `buckets` is 0."
    )
    writer_limit: str = Field(
        "",
        description=(
            "A Prefect global concurrency limit that a run takes while it works, where several machines write to one "
            "warehouse; empty for none: the lock in the warehouse's folder keeps runs on one machine apart."
        ),
    )
    engine: Literal["local", "dask"] = Field(
        "local", description="What builds features and fits families: this machine, or the workers of a Dask cluster."
    )
    dask_address: str = Field(
        "",
        pattern=r"^((tcp|tls|ws|wss|ucx)://.+)?$",
        description=(
            "The Dask scheduler, such as tcp://host:8786; empty for as many workers on this machine as "
            "`parallel_families` says, which end with the run."
        ),
    )
    shared_folder: Path | None = Field(
        None,
        description=(
            "Folder for what tasks hand to each other, this warehouse's alone; by default `warehouse.path`/scratch. "
            "Every worker of a cluster reaches it under this path."
        ),
    )
    family_retries: int = Field(1, ge=0, le=5, description="How often a crashed or timed-out family is tried again.")


class QualitySettings(Section):
    """`[quality]`: what the gates let pass."""

    maximum_quarantined_share: float = Field(
        0.05, ge=0, le=1, description="A batch with a larger share of quarantined rows stops the run."
    )
    tolerated_quarantined_rows: int = Field(
        10, ge=0, description="A batch with no more quarantined rows than this passes, whatever their share."
    )
    maximum_missing_customer_share: float = Field(
        0.5, ge=0, le=1, description="A larger share of order lines without customer is recorded as a warning."
    )
    maximum_age_days: int = Field(
        7, ge=0, description="A warning is recorded when the newest order is older than this on the as_of day."
    )


class ReturnsSettings(Section):
    """`[returns]`: which returns and cancellations undo which sales; see core.undone_sales."""

    longest_days: int = Field(
        180,
        ge=0,
        le=3650,
        description=(
            "A return undoes sales of the same customer and product that are no older than this. 0: none undoes any, "
            "and all sales are counted as they were made."
        ),
    )
    cancelled_hours: float = Field(
        24,
        ge=0,
        le=8760,
        description="A sale that was undone sooner was never demand, and its undoing is no return that rates count.",
    )


class ColumnMapping(Section):
    """Where a column comes from, in full: `{ column = "CustomerID", strip_suffix = ".0" }`."""

    column: str = Field(description="The column's name in the source.")
    strip_suffix: str = Field("", description="Taken off the end of every value.")
    format: str = Field("", description="strptime format of a date or time, such as %d/%m/%Y %H:%M.")

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if not value:
            return value
        refused = "it names no part of a date" if "%" not in value else ""
        if refused := refused or _answer_of_duckdb("try_strptime", value):
            message = f"not a strptime format such as '%d/%m/%Y %H:%M': {refused}"
            raise ValueError(message)
        return value


class SourceSettings(Section):
    """`[sources.<name>]`: one set of files that fill one core table."""

    table: str = Field(description="The core table that the rows belong to.")
    path: Path = Field(description="A file, a folder or a glob.")
    format: Literal["auto", "csv", "parquet"] = Field("auto", description="By default told from the file's ending.")
    columns: dict[str, ColumnMapping] = Field(description="Core column = source column.")
    encoding: str = Field("utf-8", description="Text encoding of CSV files.")
    delimiter: str = Field("", max_length=1, description="Of CSV files; by default told from the header.")
    null_values: tuple[str, ...] = Field((), description="Texts that mean 'no value', beside the empty text.")
    time_zone: str = Field(
        "", description="Of the times in the files that do not say their offset from UTC; by default the shop's."
    )
    personal: Literal["protect", "drop"] = Field(
        "protect",
        description=(
            "What becomes of columns that are or look personal: their values are kept encrypted, with pseudonyms in "
            "their place, or not kept at all."
        ),
    )
    personal_columns: tuple[str, ...] = Field((), description="Columns of the source that are personal.")
    public_columns: tuple[str, ...] = Field(
        (), description="Columns of the source that are not personal, whatever they look like: kept as they come."
    )
    product_pattern: str = Field("", description="Regular expression of product ids; others are charges.")
    return_pattern: str = Field("", description="Regular expression of the order ids of returns.")

    @field_validator("table")
    @classmethod
    def _known_table(cls, value: str) -> str:
        allowed = sorted(loadable_tables())
        if value not in allowed:
            message = f"no table that a source can fill; allowed are {', '.join(allowed)}"
            raise ValueError(message)
        return value

    @field_validator("columns", mode="before")
    @classmethod
    def _short_mapping(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"column": given} if isinstance(given, str) else given for name, given in value.items()}

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            message = "unknown encoding; allowed are names such as utf-8, latin-1, cp1252, utf-16, gb18030"
            raise ValueError(message) from error
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        return _known_zone(value) if value else value

    @field_validator("product_pattern", "return_pattern")
    @classmethod
    def _known_pattern(cls, value: str) -> str:
        if value and (refused := _answer_of_duckdb("regexp_matches", value)):
            message = f"not a regular expression as RE2, and so DuckDB, reads it: {refused}"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _columns_fit_the_table(self) -> SourceSettings:
        problem = mapping_problem(self.table, set(self.columns))
        if problem := problem or self._personal_problem():
            raise ValueError(problem)
        return self

    def _personal_problem(self) -> str:
        """Say which declarations of personal columns can't be kept, or return an empty text."""
        if both := sorted(set(self.personal_columns) & set(self.public_columns)):
            return f"personal_columns and public_columns both name {', '.join(both)}; a column is one or the other"
        table = core_table(self.table)
        for core, mapping in self.columns.items():
            column = table.column(core)
            if mapping.column in self.personal_columns and column.type != "VARCHAR":
                return (
                    f"personal_columns: {mapping.column} is mapped to {table.qualified_name}.{core}, a {column.type}, "
                    "which a pseudonym can't be; leave it out of columns to protect it"
                )
            if mapping.column in self.public_columns and column.personal is Personal.CONTENT:
                return (
                    f"public_columns: {mapping.column} is mapped to {table.qualified_name}.{core}, which is personal "
                    "in every shop"
                )
        return ""


class Settings(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: ShopSettings = ShopSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    run: RunSettings = RunSettings()
    quality: QualitySettings = QualitySettings()
    returns: ReturnsSettings = ReturnsSettings()
    privacy: PrivacySettings = PrivacySettings()
    sources: dict[SourceName, SourceSettings] = Field(default_factory=dict)
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def parameters(self, family: str) -> Parameters:
        """Return the parameters of `family`: what is set, and the documented defaults for the rest."""
        known = {known.name: known for known in FAMILIES}
        return known[family].parameters.model_validate(self.models.get(family, {}))

    def sql_parameters(self) -> dict[str, Any]:
        """Return every family's parameters as the names that SQL binds: `<family>__<parameter>`."""
        return {
            f"{family.name}__{name}": value
            for family in FAMILIES
            for name, value in self.parameters(family.name).model_dump().items()
        }
