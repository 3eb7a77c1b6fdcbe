"""New versions of a Delta table whose rows this engine computes: plans over its files in, files and one commit out.

Expressions have Spark's meaning because the engine's own analyser reads them. A statement first finds the files with
rows it changes and writes only these anew. If another writer was faster it is computed again over the new version.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from unbounded.analysis.context import Ids
from unbounded.analysis.projection import has_aggregate
from unbounded.connectors.delta.data_files import WrittenFile, written_files
from unbounded.connectors.delta.table import FILE_NUMBER, concurrent_write, open_metadata, open_snapshot
from unbounded.connectors.delta.transaction import FEED, Changes, check_writable, commit
from unbounded.connectors.delta.writer import not_null_violated
from unbounded.connectors.formats import FileFormat
from unbounded.errors import analysis_error, not_supported
from unbounded.execution.queries import run_query
from unbounded.execution.stored_rows import StoredRows
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Exists,
    Expression,
    InSubquery,
    Literal,
    ScalarSubquery,
    unaliased,
)
from unbounded.plan.logical import Aggregate, Input, LogicalPlan, Project, Scan, Stored, SubqueryAlias
from unbounded.plan.tree import walk_expression
from unbounded.session.commands.context import CommandContext
from unbounded.session.delta.target import DeltaTarget
from unbounded.session.file_writes import Destination, check_write
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import INTEGER, LONG, STRING

_ATTEMPTS_MAX = 10
_FEED_FOLDER = "_change_data"
CHANGE_TYPE = "_change_type"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`changes` None: there is nothing to commit. `result`: what the statement answers."""

    changes: Changes | None
    result: u.LocalRelation


class Rewriting:
    """One attempt: a version of the table, its columns, and the files written so far."""

    def __init__(self, target: DeltaTarget, alias: str | None, context: CommandContext, ids: Ids) -> None:
        metadata = open_metadata(target.path)
        check_writable(metadata, removes=True)
        self.context = context
        self.ids = ids
        self.snapshot = open_snapshot(target.path, metadata.version, context.environment.time_zone)
        self.properties = dict(metadata.properties)
        self.written: list[WrittenFile] = []
        self._name = alias or target.name
        self._attributes = self.ids.attributes(self.snapshot.numbered_scan(()).schema)
        by_name = {attribute.name: attribute for attribute in self.rows(()).output}
        self.columns = tuple(by_name[field.name] for field in self.snapshot.schema.fields)
        self.file_number = by_name[FILE_NUMBER]
        self.named_columns = SubqueryAlias(Input("rows", self.columns), (self._name,))

    @property
    def has_feed(self) -> bool:
        return self.properties.get(FEED, "false").lower() == "true"

    @property
    def all_files(self) -> range:
        return range(len(self.snapshot.files))

    def rows(self, positions: Iterable[int]) -> LogicalPlan:
        """The rows of some files, always under the same columns: the table's and the number of the file."""
        return Scan(self.snapshot.numbered_scan(positions), self._attributes)

    def resolve(self, expressions: Sequence[u.Expression], over: LogicalPlan) -> list[Expression]:
        """`expressions` typed over the columns of `over`; `named_columns` are the table's own.

        Raises: SparkError for what has no value for one row
        """
        items = tuple(u.Alias(expression, (f"value{i}",)) for i, expression in enumerate(expressions))
        plan = self.context.analyze(u.Project(u.Planned(over), items), self.ids)
        if not isinstance(plan, Project) or plan.child is not over or any(map(has_aggregate, plan.expressions)):
            raise not_supported("Aggregates and generators in a change of rows", "Compute them in the source.")
        return list(map(unaliased, plan.expressions))

    def counts(self, matched: LogicalPlan) -> Mapping[int, int]:
        """How many rows of `matched`, which has the columns of `rows`, are in which file."""
        count = self.ids.alias(AggregateCall("count", (Literal(1, INTEGER),), LONG, False), "count")
        plan = Aggregate(matched, (self.file_number,), (self.file_number, count))
        table = self.context.pipeline.collect(plan, self.context.cancellation)
        return dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))

    @contextmanager
    def kept(self, plan: LogicalPlan) -> Iterator[LogicalPlan]:
        """The rows of `plan`, computed once, under the same columns."""
        rows = StoredRows(self.context.pipeline.lower(plan))
        try:
            yield Stored(rows, plan.output)
        finally:
            rows.drop()

    def counted(self, plan: LogicalPlan) -> int:
        count = self.ids.alias(AggregateCall("count", (Literal(1, INTEGER),), LONG, False), "count")
        table = self.context.pipeline.collect(Aggregate(plan, (), (count,)), self.context.cancellation)
        return int(table.column(0)[0].as_py())

    def write(self, plan: LogicalPlan) -> list[WrittenFile]:
        """Rows that have the table's columns as data files. Raises: SparkError DELTA_NOT_NULL_CONSTRAINT_VIOLATED"""
        files = self._write(plan, self.snapshot.path)
        for field in self.snapshot.schema.fields:
            if not field.nullable and any(_has_null(file, field.name) for file in files):
                raise not_null_violated(field.name)
        return files

    def write_feed(self, plan: LogicalPlan, change_type: str) -> list[WrittenFile]:
        """Rows that have the table's columns as files of the change data feed."""
        kind = self.ids.alias(Literal(change_type, STRING), CHANGE_TYPE)
        return self._write(Project(plan, (*plan.output, kind)), os.path.join(self.snapshot.path, _FEED_FOLDER))

    def _write(self, plan: LogicalPlan, folder: str) -> list[WrittenFile]:
        names = self.snapshot.partition_columns
        partitions = tuple(a for name in names for a in plan.output if a.name == name)
        destination = Destination(folder, FileFormat.PARQUET, (), names)
        write = check_write(plan, destination, partitions, self.context.environment, self.context.config)
        query, sink = write.begin(plan)
        run = self.context.pipeline.run_of(self.context.cancellation)
        files = written_files(self.snapshot.path, sink.write_files(run_query(query, run)))
        self.written += files
        return files


def change_rows(
    target: DeltaTarget,
    alias: str | None,
    compute: Callable[[Rewriting], Outcome],
    context: CommandContext,
    ids: Ids | None = None,
) -> u.LocalRelation:
    """Runs a statement until its version is there; what it wrote for a version that did not come is deleted.

    `ids`: those of a plan that the statement uses.

    Raises: SparkError DELTA_CONCURRENT_WRITE if others are always faster, and what `compute` raises
    """
    for _ in range(_ATTEMPTS_MAX):
        attempt = Rewriting(target, alias, context, ids or Ids())
        is_done = False
        try:
            outcome = compute(attempt)
            now_ms = context.environment.now_us // 1000
            changes = outcome.changes
            is_done = changes is None or commit(attempt.snapshot, changes, LocalFileSystem(), now_ms)
        finally:
            if not is_done:
                _discard(attempt)
        if is_done:
            return outcome.result
    raise concurrent_write()


def refuse_subqueries(expression: Expression, operation: str) -> None:
    """Raises: SparkError DELTA_UNSUPPORTED_SUBQUERY"""
    if any(isinstance(part, Exists | InSubquery | ScalarSubquery) for part in walk_expression(expression)):
        raise analysis_error("DELTA_UNSUPPORTED_SUBQUERY", operation=operation, cond=pretty_name(expression))


def refuse_chance(condition: Expression, operation: str) -> None:
    """A condition is computed more than once. Raises: SparkError DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED"""
    if any(map(changes_from_call_to_call, walk_expression(condition))):
        parameters = {"operation": operation, "expression": f"(condition = {pretty_name(condition)})"}
        raise analysis_error("DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED", **parameters)


def _discard(attempt: Rewriting) -> None:
    Changes("", {}, (), attempt.written).discard()


def _has_null(file: WrittenFile, name: str) -> bool:
    if name in file.partition_values:
        return file.partition_values[name] is None
    return file.null_counts.get(name, 0) > 0
