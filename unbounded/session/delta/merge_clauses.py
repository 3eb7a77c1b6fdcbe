"""The WHEN clauses of a MERGE, typed: which one applies to a row, and which values it gives the table's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from unbounded.errors import SparkError, analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Call, Expression, Literal
from unbounded.plan.logical import LogicalPlan
from unbounded.session.delta.rewriting import Rewriting, refuse_chance, refuse_subqueries
from unbounded.session.delta.row_changes import as_condition, assigned_values, stored_as
from unbounded.types.datatypes import BOOLEAN, INTEGER

COPY = -1
"""The number of no clause: the row stays as it is."""

_UPDATES = (u.MergeAction.UPDATE, u.MergeAction.UPDATE_ALL)
_INSERTS = (u.MergeAction.INSERT, u.MergeAction.INSERT_ALL)
_FALSE = Literal(False, BOOLEAN)


@dataclass(frozen=True, slots=True)
class Clause:
    """`condition` is never NULL; None: always. `values` by the id of the table's column."""

    match: u.MergeMatch
    action: u.MergeAction
    condition: Expression | None
    values: Mapping[int, Expression]


@dataclass(frozen=True, slots=True)
class Clauses:
    """In the order written: the first one that applies counts. Their numbers are their positions."""

    clauses: tuple[Clause, ...]
    attempt: Rewriting

    @property
    def changes_rows(self) -> bool:
        return any(clause.match is not u.MergeMatch.NOT_MATCHED for clause in self.clauses)

    @property
    def are_all_matched(self) -> bool:
        return all(clause.match is u.MergeMatch.MATCHED for clause in self.clauses)

    @property
    def has_by_source(self) -> bool:
        return any(clause.match is u.MergeMatch.NOT_MATCHED_BY_SOURCE for clause in self.clauses)

    @property
    def any_matched(self) -> Expression:
        """Whether a matched row has a clause."""
        conditions = [c.condition for c in self.clauses if c.match is u.MergeMatch.MATCHED]
        found: Expression = _FALSE
        for condition in conditions:
            found = Call("or", (found, Literal(True, BOOLEAN) if condition is None else condition), BOOLEAN, False)
        return found

    @property
    def only_deletes_matches(self) -> bool:
        """Whether it does not matter how often a row of the table matches."""
        matched = [c for c in self.clauses if c.match is u.MergeMatch.MATCHED]
        is_delete = [c.action is u.MergeAction.DELETE and c.condition is None for c in matched]
        return len(matched) <= 1 and all(is_delete)

    def is_matched(self, number: int) -> bool:
        return self.clauses[number].match is u.MergeMatch.MATCHED

    @property
    def updates(self) -> list[int]:
        return self._with_action(_UPDATES)

    @property
    def deletes(self) -> list[int]:
        return self._with_action((u.MergeAction.DELETE,))

    @property
    def inserts(self) -> list[int]:
        return self._with_action(_INSERTS)

    def _with_action(self, actions: Sequence[u.MergeAction]) -> list[int]:
        return [number for number, clause in enumerate(self.clauses) if clause.action in actions]

    # ------------------------------------------------------------------------------------------ expressions

    def number_of(self, in_target: Expression, in_source: Expression) -> Expression:
        """The clause for a row of the outer join, COPY, or NULL for a row of the source that is not wanted."""
        both = Call("and", (in_target, in_source), BOOLEAN, False)
        copied = Literal(COPY, INTEGER)
        matched = self._first(u.MergeMatch.MATCHED, copied)
        by_source = self._first(u.MergeMatch.NOT_MATCHED_BY_SOURCE, copied)
        return Call("when", (both, matched, in_target, by_source, self.number_of_new), INTEGER)

    @property
    def number_of_new(self) -> Expression:
        return self._first(u.MergeMatch.NOT_MATCHED, Literal(None, INTEGER))

    def _first(self, match: u.MergeMatch, otherwise: Expression) -> Expression:
        branches: list[Expression] = []
        for number, clause in enumerate(self.clauses):
            if clause.match is match and clause.condition is None:
                otherwise = Literal(number, INTEGER)
                break
            if clause.match is match and clause.condition is not None:
                branches += [clause.condition, Literal(number, INTEGER)]
        return Call("when", (*branches, otherwise), INTEGER) if branches else otherwise

    def new_columns(self, number: Attribute, *, has_old: bool) -> tuple[Alias, ...]:
        """The table's columns as the clause `number` makes them; without old ones they are NULL where it is silent."""
        return tuple(self._new_column(column, number, has_old) for column in self.attempt.columns)

    def _new_column(self, column: Attribute, number: Attribute, has_old: bool) -> Alias:
        null = Literal(None, column.data_type)
        branches: list[Expression] = []
        for position, clause in enumerate(self.clauses):
            value = clause.values.get(column.id, null if clause.action in _INSERTS else None)
            if value is not None:
                branches += [Call("==", (number, Literal(position, INTEGER)), BOOLEAN), value]
        otherwise = column if has_old else null
        new = Call("when", (*branches, otherwise), column.data_type) if branches else otherwise
        return self.attempt.ids.alias(new, column.name)


def resolve_clauses(
    clauses: Sequence[u.MergeClause], source: LogicalPlan, both: LogicalPlan, attempt: Rewriting
) -> Clauses:
    """Raises: SparkError DELTA_MERGE_UNRESOLVED_EXPRESSION, DELTA_DUPLICATE_COLUMNS_ON_INSERT, …"""
    seen = {
        u.MergeMatch.MATCHED: both,
        u.MergeMatch.NOT_MATCHED: source,
        u.MergeMatch.NOT_MATCHED_BY_SOURCE: attempt.named_columns,
    }
    return Clauses(tuple(_resolved(clause, seen[clause.match], source, attempt) for clause in clauses), attempt)


def _resolved(clause: u.MergeClause, over: LogicalPlan, source: LogicalPlan, attempt: Rewriting) -> Clause:
    kind = clause.action.value.split()[0]
    condition: Expression | None = None
    if clause.condition is not None:
        with unresolved_in(f"{kind} condition", over):
            (condition,) = attempt.resolve([clause.condition], over)
        refuse_subqueries(condition, f"{kind} condition of MERGE operation")
        refuse_chance(condition, f"{kind} condition of MERGE operation")
        condition = Call("coalesce", (as_condition(condition), _FALSE), BOOLEAN, False)
    with unresolved_in(f"{kind} clause", over):
        if clause.action in (u.MergeAction.UPDATE_ALL, u.MergeAction.INSERT_ALL):
            values = _values_by_name(source, attempt)
        else:
            _refuse_repeated(clause, attempt)
            values = assigned_values(clause.assignments, over, attempt) if clause.assignments else {}
    return Clause(clause.match, clause.action, condition, values)


def _values_by_name(source: LogicalPlan, attempt: Rewriting) -> Mapping[int, Expression]:
    """Every column of the table from the source's column of that name."""
    names = [u.UnresolvedAttribute((column.name,)) for column in attempt.columns]
    values = attempt.resolve(names, source)
    pairs = zip(attempt.columns, values, strict=True)
    return {column.id: stored_as(value, column.data_type, attempt.context) for column, value in pairs}


def _refuse_repeated(clause: u.MergeClause, attempt: Rewriting) -> None:
    """Raises: SparkError DELTA_DUPLICATE_COLUMNS_ON_INSERT"""
    names = [a.column[-1].lower() for a in clause.assignments]
    if clause.action is u.MergeAction.INSERT and len(set(names)) < len(names):
        raise analysis_error("DELTA_DUPLICATE_COLUMNS_ON_INSERT")


@contextmanager
def unresolved_in(clause: str, over: LogicalPlan) -> Iterator[None]:
    """Names that are not there, as Delta says it."""
    try:
        yield
    except SparkError as error:
        if not error.condition.startswith("UNRESOLVED_COLUMN"):
            raise
        columns = ", ".join(".".join((*a.qualifier, a.name)) for a in over.output)
        name = error.parameters["objectName"].replace("`", "")
        parameters = {"sqlExpr": name, "clause": clause, "cols": columns}
        raise analysis_error("DELTA_MERGE_UNRESOLVED_EXPRESSION", **parameters) from None
