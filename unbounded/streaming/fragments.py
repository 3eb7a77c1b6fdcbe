"""Runs the ordinary queries of a streaming query on the engine: each is lowered once and run for every batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock, Duration, SystemClock
from unbounded.connectors.api import ArrowSource
from unbounded.connectors.files.scan import FileScan
from unbounded.execution.database import Database
from unbounded.execution.prepared import PreparedQuery, can_be_prepared
from unbounded.execution.queries import Run, next_prefix, run_to_table
from unbounded.functions.environment import Environment
from unbounded.lowering.lowered import LoweredQuery
from unbounded.lowering.plans import lower_query
from unbounded.optimizer.rules import optimize
from unbounded.plan.expressions import Attribute, Call, unaliased
from unbounded.plan.logical import Input, LogicalPlan, Project, Scan, SubqueryAlias, WithWatermark
from unbounded.plan.tree import contains
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType

_TIME_FUNCTIONS = frozenset({"current_timestamp", "now", "current_date", "curdate", "localtimestamp", "unix_timestamp"})


@dataclass(frozen=True, slots=True)
class PickedColumn:
    """A column of an input, unchanged."""

    input_name: str
    position: int


_Ready = PreparedQuery | LoweredQuery | list[PickedColumn]
"""How a plan is run: planned by the engine, lowered, or by the columns it picks of its input."""


class FragmentRunner:
    """The plans of a query, each made ready once. A plan that asks for the current time is lowered for every batch.

    `planning`: the time that making them ready has taken.
    """

    def __init__(
        self, environment: Environment, database: Database, cancellation: Cancellation, clock: Clock | None = None
    ) -> None:
        self.planning = Duration(clock or SystemClock())
        self.environment = environment
        self._database = database
        self._cancellation = cancellation
        self._ready: dict[int, tuple[LogicalPlan, _Ready]] = {}

    def run(self, plan: LogicalPlan, given: Mapping[str, pa.Table], now_us: int) -> pa.Table:
        """The rows of `plan` with its inputs `given`, at the batch's time.

        Raises: SparkError
        """
        with self.planning:
            ready = self._made_ready(plan, now_us)
        if isinstance(ready, PreparedQuery):
            return ready.run(given)
        if isinstance(ready, LoweredQuery):
            return run_to_table(ready, self._run(given))
        picked = self._picked(plan, ready, given)
        return run_to_table(self._lower(plan, now_us), self._run(given)) if picked is None else picked

    def _made_ready(self, plan: LogicalPlan, now_us: int) -> _Ready:
        found = self._ready.get(id(plan))
        if found is not None and found[0] is plan:
            return found[1]
        ready = picked_columns(plan) or self._as_query(plan, now_us)
        if not contains(plan, _reads_time):
            self._ready[id(plan)] = (plan, ready)
        return ready

    def _as_query(self, plan: LogicalPlan, now_us: int) -> PreparedQuery | LoweredQuery:
        """Files may have changed by the next batch, and the time has."""
        query = self._lower(plan, now_us)
        if contains(plan, lambda node: isinstance(node, Scan) or _reads_time(node)) or not can_be_prepared(query):
            return query
        return PreparedQuery(query, self._database, self.environment.time_zone, self._cancellation)

    def _lower(self, plan: LogicalPlan, now_us: int) -> LoweredQuery:
        return lower_query(optimize(plan), replace(self.environment, now_us=now_us), next_prefix())

    def _run(self, given: Mapping[str, pa.Table]) -> Run:
        return Run(self._database, self.environment.time_zone, self._cancellation, given)

    def _picked(self, plan: LogicalPlan, columns: list[PickedColumn], given: Mapping[str, pa.Table]) -> pa.Table | None:
        arrays = [given[column.input_name].column(column.position) for column in columns]
        return self._with_types(arrays, to_arrow_schema(plan.schema, self.environment.time_zone))

    def _with_types(self, columns: list[pa.ChunkedArray], schema: pa.Schema) -> pa.Table | None:
        """None if a column would have to be converted, or there is none to count the rows by."""
        if not columns or any(column.type != field.type for column, field in zip(columns, schema, strict=True)):
            return None
        return pa.Table.from_arrays(columns, schema=schema)

    def close(self) -> None:
        for _, ready in self._ready.values():
            if isinstance(ready, PreparedQuery):
                ready.close()
        self._ready.clear()

    def read(self, scan: Scan, now_us: int) -> pa.Table:
        """A source's new rows."""
        if not isinstance(scan.source, FileScan):
            rows = cast(ArrowSource, scan.source).read().read_all()
            schema = to_arrow_schema(scan.schema, self.environment.time_zone)
            columns = [_in_zone(column, field.type) for column, field in zip(rows.columns, schema)]
            read = self._with_types(columns, schema) if len(rows.columns) == len(schema) else None
            if read is not None:
                return read
        return self.run_once(scan, now_us)

    def run_once(self, plan: LogicalPlan, now_us: int) -> pa.Table:
        """The rows of a plan made for one batch only."""
        return run_to_table(self._lower(plan, now_us), self._run({}))

    def empty(self, schema: StructType) -> pa.Table:
        """No rows of `schema`."""
        return to_arrow_schema(schema, self.environment.time_zone).empty_table()


def _in_zone(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    """Instants with the session's zone as their label; they are the same numbers."""
    are_instants = all(pa.types.is_timestamp(kind) and kind.tz for kind in (column.type, target))
    return column.cast(target) if are_instants and column.type.unit == target.unit else column


def picked_columns(plan: LogicalPlan) -> list[PickedColumn] | None:
    """Where the columns of `plan` come from, if it only picks and renames those of an input; else None."""
    match plan:
        case Input(name=name, output=output):
            return [PickedColumn(name, i) for i in range(len(output))]
        case SubqueryAlias(child=child) | WithWatermark(child=child):
            return picked_columns(child)
        case Project(child=child, expressions=expressions):
            bare = list(map(unaliased, expressions))
            below = picked_columns(child)
            if below is None or not all(isinstance(e, Attribute) for e in bare):
                return None
            places = {a.id: column for a, column in zip(child.output, below, strict=True)}
            return [places[cast(Attribute, e).id] for e in bare]
        case _:
            return None


def _reads_time(node: object) -> bool:
    return isinstance(node, Call) and node.function in _TIME_FUNCTIONS
