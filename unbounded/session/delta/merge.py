"""MERGE on Delta tables: which files have matches, one outer join of their rows with the source, what each row becomes.

1. The source is computed once and kept by the engine. 2. The files with matches are found; a row of the table with
several matches is refused. 3. The rows of these files and the source are joined, each with the number of the clause
that applies to it. 4. The files are written anew, new rows with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unbounded.connectors.delta.data_files import WrittenFile
from unbounded.connectors.delta.transaction import Changes
from unbounded.errors import not_supported, unsupported_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import AggregateCall, Alias, Attribute, Call, Expression, Literal
from unbounded.plan.logical import Aggregate, Deduplicate, Filter, Join, LogicalPlan, Project
from unbounded.session.commands.context import CommandContext, result_rows
from unbounded.session.delta.merge_clauses import COPY, resolve_clauses, unresolved_in
from unbounded.session.delta.rewriting import Outcome, Rewriting, change_rows, refuse_chance, refuse_subqueries
from unbounded.session.delta.row_changes import as_condition, located
from unbounded.session.delta.target import find_target
from unbounded.types.datatypes import BOOLEAN, INTEGER, LONG, StructField

_RESULT = tuple(StructField(f"num_{kind}_rows", LONG) for kind in ("affected", "updated", "deleted", "inserted"))
_USAGE = "https://docs.delta.io/latest/delta-update.html#upsert-into-a-table-using-merge"
_TRUE = Literal(True, BOOLEAN)


def merge_into(command: u.MergeInto, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE, what names and values raise"""
    if command.evolves_schema:
        raise not_supported("MERGE WITH SCHEMA EVOLUTION", "Add the columns first, with the option mergeSchema.")
    target = find_target(command.table, "MERGE", context)
    return change_rows(target, command.alias, lambda attempt: _merge(command, attempt), context)


def _merge(command: u.MergeInto, attempt: Rewriting) -> Outcome:
    with attempt.kept(attempt.context.analyze_written(command.source, attempt.ids)) as source:
        merge = _Merge(command, attempt, source)
        with attempt.kept(merge.joined()) as rows:
            return merge.written(rows)


@dataclass(frozen=True, slots=True)
class _Touched:
    """The files with matches, and how many rows of the table match; `has_repeats`: one matches several times."""

    files: Sequence[int]
    row_count: int
    has_repeats: bool


class _Merge:
    """One attempt at one statement. `source`: its rows, kept."""

    def __init__(self, command: u.MergeInto, attempt: Rewriting, source: LogicalPlan) -> None:
        self._attempt = attempt
        self._source = source
        both = Join(attempt.named_columns, source, u.JoinKind.INNER)
        with located(command.origin):
            with unresolved_in("search condition", both):
                (condition,) = attempt.resolve([command.condition], both)
            self._condition = _checked(condition)
            self._clauses = resolve_clauses(command.clauses, source, both, attempt)
        self._row = attempt.ids.attribute("_unbounded_row", LONG, False)
        self._clause = attempt.ids.attribute("_unbounded_clause", INTEGER)
        self._touched = self._find_touched()

    # ------------------------------------------------------------------------------------------ which files

    def _find_touched(self) -> _Touched:
        """Raises: SparkError DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"""
        attempt, clauses = self._attempt, self._clauses
        if not clauses.changes_rows:
            return _Touched((), 0, False)
        table = attempt.context.pipeline.collect(self._matches_by_file(), attempt.context.cancellation)
        numbers, most, rows, changes = (column.to_pylist() for column in table.columns)
        has_repeats = any(count > 1 for count in most)
        if has_repeats and not clauses.only_deletes_matches:
            parameters = {"usageReference": _USAGE}
            raise unsupported_error("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", **parameters)
        changed = sorted(number for number, is_changed in zip(numbers, changes, strict=True) if is_changed)
        return _Touched(attempt.all_files if clauses.has_by_source else changed, sum(rows), has_repeats)

    def _matches_by_file(self) -> LogicalPlan:
        """Of each file with matches: its number, the most matches of one row, how many rows match, whether one changes.

        Where there are only clauses for matches, a file in which none applies stays.
        """
        attempt, ids = self._attempt, self._attempt.ids
        matched = Join(self._numbered(attempt.all_files), self._source, u.JoinKind.INNER, self._condition)
        changes = self._clauses.any_matched if self._clauses.are_all_matched else _TRUE
        row_keys, file_keys = (attempt.file_number, self._row), (attempt.file_number,)
        matches = ids.alias(AggregateCall("count", (Literal(1, INTEGER),), LONG, False), "matches")
        changed = ids.alias(AggregateCall("max", (changes,), BOOLEAN), "changed")
        by_row = Aggregate(matched, row_keys, (*row_keys, matches, changed))
        most = ids.alias(AggregateCall("max", (matches.to_attribute(),), LONG), "most")
        rows = ids.alias(AggregateCall("count", (Literal(1, INTEGER),), LONG, False), "rows")
        any_changed = ids.alias(AggregateCall("max", (changed.to_attribute(),), BOOLEAN), "any_changed")
        return Aggregate(by_row, file_keys, (*file_keys, most, rows, any_changed))

    def _numbered(self, files: Sequence[int]) -> LogicalPlan:
        """The rows of `files` with a number of each."""
        rows = self._attempt.rows(files)
        (number,) = self._attempt.resolve([u.UnresolvedFunction("monotonically_increasing_id", ())], rows)
        return Project(rows, (*rows.output, _named(number, self._row)))

    # ------------------------------------------------------------------------------------------ what becomes of rows

    def joined(self) -> LogicalPlan:
        """Rows of the table and of the source with the number of their clause; those of neither are left out."""
        attempt, clauses = self._attempt, self._clauses
        if not clauses.changes_rows:
            every = attempt.rows(attempt.all_files)
            rows: LogicalPlan = Join(self._source, every, u.JoinKind.LEFT_ANTI, self._condition)
            return self._numbered_rows(rows, clauses.number_of_new)
        target = self._numbered(self._touched.files)
        in_target, in_source = (attempt.ids.alias(_TRUE, f"_unbounded_in_{side}") for side in ("target", "source"))
        left = Project(target, (*target.output, in_target))
        right = Project(self._source, (*self._source.output, in_source))
        rows = Join(left, right, u.JoinKind.FULL_OUTER, self._condition)
        is_in = [_is_there(side.to_attribute()) for side in (in_target, in_source)]
        return self._numbered_rows(rows, clauses.number_of(*is_in))

    def _numbered_rows(self, rows: LogicalPlan, number: Expression) -> LogicalPlan:
        """The columns a change needs: number, row, the table's columns as they are and as they become."""
        numbered = Project(rows, (*rows.output, _named(number, self._clause)))
        chosen = Filter(numbered, _is_there(self._clause))
        has_old = self._clauses.changes_rows
        kept = (self._row, *self._attempt.columns) if has_old else ()
        return Project(chosen, (self._clause, *kept, *self._clauses.new_columns(self._clause, has_old=has_old)))

    # ------------------------------------------------------------------------------------------ files

    def written(self, rows: LogicalPlan) -> Outcome:
        """`rows`: those of `joined`, kept."""
        clauses, attempt = self._clauses, self._attempt
        counts = self._counts(rows)
        deleted = sum(counts.get(number, 0) for number in clauses.deletes)
        repeated = sum(counts.get(number, 0) for number in clauses.deletes if clauses.is_matched(number))
        if self._touched.has_repeats:
            deleted += self._touched.row_count - repeated
        updated = sum(counts.get(number, 0) for number in clauses.updates)
        inserted = sum(counts.get(number, 0) for number in clauses.inserts)
        affected = updated + deleted + inserted
        answer = result_rows(_RESULT, [(affected, updated, deleted, inserted)])
        if not affected:
            return Outcome(None, answer)
        stays = _is_one_of(self._clause, [COPY, *clauses.updates, *clauses.inserts])
        added = attempt.write(Project(Filter(rows, stays), self._new(rows)))
        feed = self._feed(rows) if attempt.has_feed and (updated or deleted) else []
        copied = counts.get(COPY, 0)
        metrics = {
            "numTargetRowsInserted": inserted,
            "numTargetRowsUpdated": updated,
            "numTargetRowsDeleted": deleted,
            "numTargetRowsCopied": copied,
            "numTargetFilesRemoved": len(self._touched.files),
            "numTargetFilesAdded": len(added),
            "numTargetChangeFilesAdded": len(feed),
        }
        parameters = {"predicate": f'["{pretty_name(self._condition)}"]'}
        return Outcome(Changes("MERGE", parameters, self._touched.files, added, feed, metrics), answer)

    def _counts(self, rows: LogicalPlan) -> Mapping[int, int]:
        """How many rows each clause is for."""
        count = self._attempt.ids.alias(AggregateCall("count", (Literal(1, INTEGER),), LONG, False), "count")
        plan = Aggregate(rows, (self._clause,), (self._clause, count))
        table = self._attempt.context.pipeline.collect(plan, self._attempt.context.cancellation)
        return dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))

    def _new(self, rows: LogicalPlan) -> tuple[Attribute, ...]:
        return rows.output[-len(self._attempt.columns) :]

    def _feed(self, rows: LogicalPlan) -> list[WrittenFile]:
        """The change data: rows as they were and as they are."""
        clauses, attempt = self._clauses, self._attempt
        changed = Filter(rows, _is_one_of(self._clause, clauses.updates))
        removed: LogicalPlan = Filter(rows, _is_one_of(self._clause, clauses.deletes))
        if self._touched.has_repeats:
            removed = Deduplicate(removed, (self._row,))
        added = Filter(rows, _is_one_of(self._clause, clauses.inserts))
        feed = attempt.write_feed(Project(changed, attempt.columns), "update_preimage")
        feed += attempt.write_feed(Project(changed, self._new(rows)), "update_postimage")
        feed += attempt.write_feed(Project(removed, attempt.columns), "delete")
        return feed + attempt.write_feed(Project(added, self._new(rows)), "insert")


def _checked(condition: Expression) -> Expression:
    """Raises: SparkError DELTA_UNSUPPORTED_SUBQUERY, DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED, …"""
    operation = "search condition of MERGE operation"
    refuse_subqueries(condition, operation)
    refuse_chance(condition, operation)
    return as_condition(condition)


def _is_there(value: Expression) -> Expression:
    return Call("isnotnull", (value,), BOOLEAN, False)


def _is_one_of(value: Expression, numbers: Sequence[int]) -> Expression:
    if not numbers:
        return Literal(False, BOOLEAN)
    return Call("in", (value, *(Literal(number, INTEGER) for number in numbers)), BOOLEAN)


def _named(value: Expression, column: Attribute) -> Alias:
    """`value` as the column that others refer to."""
    return Alias(value, column.id, column.name)
