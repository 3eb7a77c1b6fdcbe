"""DELETE and UPDATE on Delta tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from unbounded.analysis.casts import check_cast
from unbounded.analysis.projection import checked_condition
from unbounded.connectors.delta.data_files import WrittenFile
from unbounded.connectors.delta.transaction import Changes
from unbounded.errors import Origin, SparkError, analysis_error, not_supported
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Call, Cast, CastMode, Expression, Literal
from unbounded.plan.logical import Filter, LogicalPlan, Project
from unbounded.session.commands.context import CommandContext, result_rows
from unbounded.session.delta.rewriting import Outcome, Rewriting, change_rows, refuse_chance, refuse_subqueries
from unbounded.session.delta.target import find_target
from unbounded.types.datatypes import BOOLEAN, LONG, DataType, NullType, StructField

_AFFECTED = StructField("num_affected_rows", LONG)


def delete_from(command: u.DeleteFrom, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, DELTA_UNSUPPORTED_SUBQUERY, what the condition raises"""
    target = find_target(command.table, "DELETE", context)
    return change_rows(target, command.alias, lambda attempt: _delete(command, attempt), context)


def _delete(command: u.DeleteFrom, attempt: Rewriting) -> Outcome:
    with located(command.origin):
        test = resolved_condition(command.condition, attempt, "DELETE")
    matched = Filter(attempt.rows(attempt.all_files), test)
    counts = attempt.counts(matched)
    if not counts:
        return Outcome(None, _affected(0))
    partial = [p for p, count in counts.items() if attempt.snapshot.row_counts[p] != count]
    kept = Filter(attempt.rows(partial), is_not_true(test))
    added = attempt.write(Project(kept, attempt.columns)) if partial else []
    feed = []
    if partial and attempt.has_feed:
        feed = attempt.write_feed(Project(Filter(attempt.rows(counts), test), attempt.columns), "delete")
    deleted = sum(counts.values())
    metrics = {
        "numRemovedFiles": len(counts),
        "numAddedFiles": len(added),
        "numAddedChangeFiles": len(feed),
        "numDeletedRows": deleted,
        "numCopiedRows": sum(file.row_count for file in added),
    }
    parameters = {"predicate": _shown_predicate(test, command.condition)}
    changes = Changes("DELETE", parameters, sorted(counts), added, feed, metrics)
    return Outcome(changes, _affected(deleted))


def update_table(command: u.UpdateTable, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError TABLE_OR_VIEW_NOT_FOUND, DELTA_CONFLICT_SET_COLUMN, what values and condition raise"""
    target = find_target(command.table, "UPDATE", context)
    return change_rows(target, command.alias, lambda attempt: _update(command, attempt), context)


def _update(command: u.UpdateTable, attempt: Rewriting) -> Outcome:
    rows = attempt.rows(attempt.all_files)
    with located(command.origin):
        test = resolved_condition(command.condition, attempt, "UPDATE")
        values = assigned_values(command.assignments, attempt.named_columns, attempt)
    counts = attempt.counts(Filter(rows, test))
    if not counts:
        return Outcome(None, _affected(0))
    touched = attempt.rows(counts)
    if attempt.has_feed:
        added, feed = _with_images(touched, values, test, attempt)
    else:
        added, feed = attempt.write(Project(touched, _new_columns(values, test, attempt))), []
    updated = sum(counts.values())
    metrics = {
        "numRemovedFiles": len(counts),
        "numAddedFiles": len(added),
        "numAddedChangeFiles": len(feed),
        "numUpdatedRows": updated,
        "numCopiedRows": sum(file.row_count for file in added) - updated,
    }
    parameters = {"predicate": _shown_predicate(test, command.condition)}
    changes = Changes("UPDATE", parameters, sorted(counts), added, feed, metrics)
    return Outcome(changes, _affected(updated))


def _with_images(
    touched: LogicalPlan, values: Mapping[int, Expression], test: Expression, attempt: Rewriting
) -> tuple[list[WrittenFile], list[WrittenFile]]:
    """Data files and the feed's. Changed rows are computed once, as a value may be another the next time."""
    new = _new_columns(values, test, attempt)
    added = attempt.write(Project(Filter(touched, is_not_true(test)), attempt.columns))
    with attempt.kept(Project(Filter(touched, test), (*attempt.columns, *new))) as changed:
        after = Project(changed, tuple(alias.to_attribute() for alias in new))
        added += attempt.write(after)
        feed = attempt.write_feed(Project(changed, attempt.columns), "update_preimage")
        feed += attempt.write_feed(after, "update_postimage")
    return added, feed


def _new_columns(values: Mapping[int, Expression], test: Expression, attempt: Rewriting) -> tuple[Alias, ...]:
    """The table's columns with their new values where `test` is true; a value is computed for no other row."""
    items = []
    for column in attempt.columns:
        value = values.get(column.id)
        new = column if value is None else Call("when", (test, value, column), column.data_type)
        items.append(attempt.ids.alias(new, column.name))
    return tuple(items)


# ---------------------------------------------------------------------------------------------- shared with MERGE


@contextmanager
def located(origin: Origin | None) -> Iterator[None]:
    """Errors that belong nowhere else in the text belong to the whole statement."""
    try:
        yield
    except SparkError as error:
        error.locate(origin)
        raise


def resolved_condition(condition: u.Expression | None, attempt: Rewriting, operation: str) -> Expression:
    """Raises: SparkError DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN, DELTA_UNSUPPORTED_SUBQUERY"""
    if condition is None:
        return Literal(True, BOOLEAN)
    (test,) = attempt.resolve([condition], attempt.named_columns)
    refuse_subqueries(test, operation)
    refuse_chance(test, operation)
    return as_condition(test)


def as_condition(test: Expression) -> Expression:
    """`test`, where NULL is a condition that is never true. Raises: SparkError DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"""
    return checked_condition(Literal(None, BOOLEAN) if isinstance(test.data_type, NullType) else test)


def is_not_true(test: Expression) -> Expression:
    return Call("not", (Call("coalesce", (test, Literal(False, BOOLEAN)), BOOLEAN, False),), BOOLEAN, False)


def assigned_values(
    assignments: Sequence[u.Assignment], over: LogicalPlan, attempt: Rewriting
) -> Mapping[int, Expression]:
    """By the id of a table's column the value it gets, computed of the columns of `over` and cast to its type.

    Raises: SparkError UNRESOLVED_COLUMN.…, DELTA_CONFLICT_SET_COLUMN, DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION
    """
    keys = attempt.resolve(
        [u.UnresolvedAttribute(a.column, origin=a.origin) for a in assignments], attempt.named_columns
    )
    given = iter(attempt.resolve([a.value for a in assignments if a.value is not None], over))
    values = [
        Literal(None, k.data_type) if a.value is None else next(given) for k, a in zip(keys, assignments, strict=True)
    ]
    found: dict[int, Expression] = {}
    for key, value in zip(keys, values, strict=True):
        if not isinstance(key, Attribute):
            raise not_supported("Assigning a field of a struct", "Assign the whole struct.")
        refuse_subqueries(value, "UPDATE")
        if key.id in found:
            names = ", ".join(f"`{k.name}`" for k in keys if isinstance(k, Attribute) and k.id == key.id)
            raise analysis_error("DELTA_CONFLICT_SET_COLUMN", columnList=f"[{names}]")
        found[key.id] = stored_as(value, key.data_type, attempt.context)
    return found


def stored_as(value: Expression, target: DataType, context: CommandContext) -> Expression:
    """`value` cast by Delta's store assignment: whatever can be cast, and overflow is an error.

    Raises: SparkError DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION
    """
    if value.data_type == target:
        return value
    is_legacy = context.config.get("spark.sql.storeAssignmentPolicy").upper() == "LEGACY"
    cast = Cast(value, target, CastMode.LEGACY if is_legacy else CastMode.ANSI, is_implicit=True)
    check_cast(cast)
    return cast


def _affected(count: int) -> u.LocalRelation:
    return result_rows((_AFFECTED,), [(count,)])


def _shown_predicate(test: Expression, condition: u.Expression | None) -> str:
    return "[]" if condition is None else f'["{pretty_name(test)}"]'
