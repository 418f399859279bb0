"""The expectations and metrics that rules are checked by: GX's own, and three that DuckDB answers faster.

`ExpectNoRowsWhere` counts by predicates that GX bundles into one scan with all other counts of the table;
`UnexpectedRowsExpectation` reads the table twice for each predicate. Importing this module imports Great
Expectations, which takes seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from expectations.engine import DuckDBExecutionEngine
from expectations.suite import Kind
from warehouse.contracts import Severity

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine.execution_engine import ExecutionEngine
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from expectations.suite import Rule

_ROW_COUNT = "table.row_count"
_COLUMN_TYPES = "table.column_types"
_GX_SEVERITY = {Severity.WARN: "warning", Severity.FAIL: "critical"}


class RowsWhere(TableMetricProvider):
    """How many rows a SQL predicate is true for; computed in one scan with all other counts of the table."""

    metric_name = "table.rows_where"
    value_keys = ("predicate",)

    @metric_partial(
        engine=DuckDBExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _duckdb(
        cls,  # noqa: N805 - GX calls it with the class
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: object,
    ) -> tuple[sqlalchemy.ColumnElement[int], dict[str, Any], dict[str, Any]]:
        predicate: sqlalchemy.ColumnElement[bool] = sqlalchemy.literal_column(f"({metric_value_kwargs['predicate']})")
        return sqlalchemy.func.count().filter(predicate), metric_domain_kwargs, {}


class QueryValue(TableMetricProvider):
    """The one value that a query selects, which is 0 where `nothing_if`, a cheaper query, selects true."""

    metric_name = "table.query_value"
    value_keys = ("query", "nothing_if")

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls,  # noqa: N805 - GX calls it with the class
        execution_engine: DuckDBExecutionEngine,
        metric_value_kwargs: dict[str, Any],
        **_: object,
    ) -> object:
        def ask(query: str) -> object:
            value: sqlalchemy.ColumnElement[Any] = sqlalchemy.literal_column(f"({query})")
            return execution_engine.execute_query(sqlalchemy.select(value)).scalar()

        nothing_if = metric_value_kwargs.get("nothing_if")
        if nothing_if and ask(nothing_if):
            return 0
        return ask(metric_value_kwargs["query"])


class StatedExpectation(BatchExpectation, ABC):
    """An expectation that carries what it expects in a person's words, which is what Data Docs show."""

    statement: str

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> list[RenderedStringTemplateContent]:
        del result, runtime_configuration
        statement = configuration.kwargs["statement"] if configuration else ""
        template = {"template": "$statement", "params": {"statement": statement}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]


class PlainExpectation(BatchExpectation, ABC):
    """An expectation about a whole table that says itself which metrics it needs.

    GX's base class asks for the expectation's whole configuration ten times over to find that out.
    """

    @abstractmethod
    def metrics_needed(self) -> dict[str, dict[str, Any]]:
        """Return the names of the metrics, each with the values that it is computed by."""

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - GX's signature
        runtime_configuration: dict[str, Any] | None = None,
        **_: dict[str, Any],
    ) -> ValidationDependencies:
        """Ask for the metrics that are needed."""
        asked = (runtime_configuration or {}).get("result_format", self.result_format)
        dependencies = ValidationDependencies(metric_configurations={}, result_format=parse_result_format(asked))
        for name, arguments in self.metrics_needed().items():
            metric = MetricConfiguration(metric_name=name, metric_domain_kwargs={}, metric_value_kwargs=arguments)
            dependencies.set_metric_configuration(name, metric)
        return dependencies


class PredicateExpectation(PlainExpectation, ABC):
    """An expectation that a SQL predicate is true for no row, or for no more than the share `1 - mostly`.

    It needs two counts, which GX takes in the one scan that all such expectations of a table share.
    """

    predicate: str

    def metrics_needed(self) -> dict[str, dict[str, Any]]:
        """Ask for the rows of the table and those that the predicate is true for."""
        return {_ROW_COUNT: {}, RowsWhere.metric_name: {"predicate": self.predicate}}

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - GX's signature
    ) -> dict[str, Any]:
        rows, breaking = int(metrics[_ROW_COUNT]), int(metrics[RowsWhere.metric_name])
        percent = 100 * breaking / rows if rows else 0.0
        mostly = float(getattr(self, "mostly", 1.0))  # GX's column expectations have it
        return {
            "success": breaking <= (1 - mostly) * rows,
            "result": {"element_count": rows, "unexpected_count": breaking, "unexpected_percent": percent},
        }


class ExpectTableToHaveRows(PlainExpectation, ExpectTableRowCountToBeBetween):
    """GX's `ExpectTableRowCountToBeBetween`."""

    def metrics_needed(self) -> dict[str, dict[str, Any]]:
        """Ask for the rows of the table."""
        return {_ROW_COUNT: {}}


class ExpectColumnToBeComplete(PredicateExpectation, ExpectColumnValuesToNotBeNull):
    """GX's `ExpectColumnValuesToNotBeNull`, in the shared scan."""


class ExpectColumnToBeBetween(PredicateExpectation, ExpectColumnValuesToBeBetween):
    """GX's `ExpectColumnValuesToBeBetween`, in the shared scan."""


class ExpectColumnToBeInSet(PredicateExpectation, ExpectColumnValuesToBeInSet):
    """GX's `ExpectColumnValuesToBeInSet`, in the shared scan."""


class ExpectNoRowsWhere(PredicateExpectation, StatedExpectation):
    """Expect no row to break a rule that a contract states as a predicate."""


class ExpectQueryValueToBeBetween(PlainExpectation, StatedExpectation):
    """Expect the one value that a query selects to lie between two limits, both inclusive; nothing is no value.

    Args:
        query: SQL that selects one number.
        nothing_if: SQL that selects whether the number is 0, where that costs less to find out.
        min_value: The smallest value allowed.
        max_value: The largest value allowed.
    """

    query: str
    nothing_if: str | None = None
    min_value: float | None = None
    max_value: float | None = None

    args_keys: ClassVar[tuple[str, ...]] = ("statement", "query", "nothing_if", "min_value", "max_value")
    success_keys: ClassVar[tuple[str, ...]] = ("query", "nothing_if", "min_value", "max_value")

    def metrics_needed(self) -> dict[str, dict[str, Any]]:
        """Ask for the value."""
        return {QueryValue.metric_name: {"query": self.query, "nothing_if": self.nothing_if}}

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - GX's signature
    ) -> dict[str, Any]:
        value = metrics[QueryValue.metric_name]
        success = (
            value is not None
            and (self.min_value is None or value >= self.min_value)
            and (self.max_value is None or value <= self.max_value)
        )
        return {"success": success, "result": {"observed_value": None if value is None else float(value)}}


class ExpectColumnTypes(PlainExpectation, StatedExpectation):
    """Expect a table to have exactly these columns with these DuckDB types, in any order.

    Args:
        types: The DuckDB type of each column.
    """

    types: dict[str, str]

    args_keys: ClassVar[tuple[str, ...]] = ("statement", "types")

    def metrics_needed(self) -> dict[str, dict[str, Any]]:
        """Ask for the columns."""
        return {_COLUMN_TYPES: {"include_nested": True}}

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - GX's signature
    ) -> dict[str, Any]:
        found = {column["name"]: str(column["type"]) for column in metrics[_COLUMN_TYPES]}
        wrong = [
            f"{name} is {found[name]}, not {wanted}" if name in found else f"{name} is missing"
            for name, wanted in self.types.items()
            if found.get(name) != wanted
        ]
        wrong += [f"{name} is not in the contract" for name in found if name not in self.types]
        return {"success": not wrong, "result": {"observed_value": "; ".join(wrong) or f"{len(found)} columns"}}


def expectation_of(rule: Rule) -> Expectation:
    """Return the expectation that checks `rule`; its `meta` holds the rule's name."""
    arguments = dict(rule.arguments)
    limits = {"min_value": arguments.pop("minimum", None), "max_value": arguments.pop("maximum", None)}
    common: dict[str, Any] = {"severity": _GX_SEVERITY[rule.severity], "meta": {"rule": rule.name}}
    expectation: Expectation
    match rule.kind:
        case Kind.ROW_COUNT:
            expectation = ExpectTableToHaveRows(**limits, **common)
        case Kind.COLUMNS:
            expectation = ExpectColumnTypes(statement=rule.name, **arguments, **common)
        case Kind.COMPLETE:
            expectation = ExpectColumnToBeComplete(column=rule.column, **arguments, **common)
        case Kind.RANGE:
            expectation = ExpectColumnToBeBetween(column=rule.column, **limits, **arguments, **common)
        case Kind.SET:
            expectation = ExpectColumnToBeInSet(column=rule.column, **arguments, **common)
        case Kind.PREDICATE:
            expectation = ExpectNoRowsWhere(statement=rule.name, **arguments, **common)
        case Kind.QUERY:
            statement = f"{rule.name}: {rule.expected}"
            expectation = ExpectQueryValueToBeBetween(statement=statement, **limits, **arguments, **common)
    return expectation
