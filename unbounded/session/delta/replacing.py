"""Overwrites of a part of a Delta table: the rows for which a condition is true, or the partitions of the new rows."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.analysis.context import Ids
from unbounded.connectors.delta.transaction import Changes, Stamp
from unbounded.connectors.delta.writer import is_there
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, Expression, Literal
from unbounded.plan.logical import Filter, LogicalPlan, Project
from unbounded.plan.tree import rewrite
from unbounded.session.commands.context import NOTHING, CommandContext
from unbounded.session.delta.rewriting import Outcome, Rewriting, change_rows
from unbounded.session.delta.row_changes import is_not_true, resolved_condition, stored_as
from unbounded.session.delta.target import DeltaTarget
from unbounded.types.datatypes import StructType

NO_STAMP = Stamp()


def overwrite_where(
    target: DeltaTarget,
    rows: LogicalPlan,
    condition: u.Expression,
    context: CommandContext,
    ids: Ids,
    *,
    shown: str | None = None,
    stamp: Stamp = NO_STAMP,
) -> None:
    """`rows`, which have the table's columns (made with `ids`), for the rows where `condition` is true.

    `shown`: the condition as its user wrote it. A transaction that is there already changes nothing.

    Raises: SparkError DELTA_REPLACE_WHERE_MISMATCH if it is not true for all of `rows`
    """
    change_rows(target, None, lambda attempt: _replace_where(rows, condition, shown, stamp, attempt), context, ids)


def _replace_where(
    rows: LogicalPlan, condition: u.Expression, shown: str | None, stamp: Stamp, attempt: Rewriting
) -> Outcome:
    if stamp.transaction is not None and is_there(attempt.snapshot.path, stamp.transaction):
        return Outcome(None, NOTHING)
    test = resolved_condition(condition, attempt, "overwrite")
    _check_rows(rows, test, shown or pretty_name(test), attempt)
    counts = attempt.counts(Filter(attempt.rows(attempt.all_files), test))
    partial = [p for p, count in counts.items() if attempt.snapshot.row_counts[p] != count]
    new = attempt.write(rows)
    kept = Filter(attempt.rows(partial), is_not_true(test))
    added = attempt.write(Project(kept, attempt.columns)) if partial else []
    feed = []
    if partial and attempt.has_feed:
        removed = Filter(attempt.rows(counts), test)
        feed = attempt.write_feed(Project(removed, attempt.columns), "delete")
        feed += attempt.write_feed(rows, "insert")
    parameters = {"mode": "Overwrite", "predicate": shown or pretty_name(test)}
    metrics = {"numRemovedFiles": len(counts), "numFiles": len(new) + len(added)}
    return Outcome(Changes("WRITE", parameters, sorted(counts), [*new, *added], feed, metrics, stamp), NOTHING)


def _check_rows(rows: LogicalPlan, test: Expression, shown: str, attempt: Rewriting) -> None:
    """Raises: SparkError DELTA_REPLACE_WHERE_MISMATCH"""
    by_name = {column.name.lower(): column for column in rows.output}
    own = {column.id: by_name[column.name.lower()] for column in attempt.columns}
    wrong = Filter(rows, is_not_true(_over(test, own)))
    if attempt.counted(wrong):
        parameters = {"replaceWhere": shown, "message": ""}
        raise analysis_error("DELTA_REPLACE_WHERE_MISMATCH", **parameters)


def overwrite_partitions(target: DeltaTarget, rows: LogicalPlan, context: CommandContext, ids: Ids) -> None:
    """`rows`, which have the table's columns, for all rows of the partitions they are in."""
    change_rows(target, None, lambda attempt: _replace_partitions(rows, attempt), context, ids)


def _replace_partitions(rows: LogicalPlan, attempt: Rewriting) -> Outcome:
    new = attempt.write(rows)
    names = attempt.snapshot.partition_columns
    written = {tuple(file.partition_values[name] for name in names) for file in new}
    removed = [
        p for p in attempt.all_files if tuple(attempt.snapshot.partition_values(p)[name] for name in names) in written
    ]
    if not new:
        return Outcome(None, NOTHING)
    parameters = {"mode": "Overwrite", "partitionOverwriteMode": "dynamic"}
    metrics = {"numRemovedFiles": len(removed), "numFiles": len(new)}
    return Outcome(Changes("WRITE", parameters, removed, new, (), metrics), NOTHING)


def in_table_columns(query: u.Relation, schema: StructType, context: CommandContext, ids: Ids) -> LogicalPlan:
    """`query` typed, as columns of `schema`: matched by name in any case, what it lacks is NULL."""
    plan = context.analyze_written(query, ids)
    by_name = {column.name.lower(): column for column in plan.output}
    items = []
    for field in schema.fields:
        value = by_name.get(field.name.lower()) or Literal(None, field.data_type)
        items.append(ids.alias(stored_as(value, field.data_type, context), field.name))
    return Project(plan, tuple(items))


def _over(test: Expression, columns: Mapping[int, Attribute]) -> Expression:
    """`test` over other columns, by the ids of its own."""

    def change(node: object) -> object:
        return columns.get(node.id, node) if isinstance(node, Attribute) else node

    changed = rewrite(test, change)
    assert isinstance(changed, Expression)
    return changed
