"""DELETE, UPDATE and MERGE."""

from __future__ import annotations

from dataclasses import replace

from unbounded.errors import Origin
from unbounded.plan.unresolved import (
    Assignment,
    DeleteFrom,
    Expression,
    MergeAction,
    MergeClause,
    MergeInto,
    MergeMatch,
    UpdateTable,
)
from unbounded.sql.grammar.statements import AssignedValue, StatementGrammar
from unbounded.sql.scope import Scope

_SHOWN_MATCHES = {
    MergeMatch.MATCHED: "NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION",
    MergeMatch.NOT_MATCHED: "NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION",
    MergeMatch.NOT_MATCHED_BY_SOURCE: "NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION",
}


def read_delete(parser: StatementGrammar, scope: Scope) -> DeleteFrom:
    """DELETE FROM name [AS alias] [WHERE condition]."""
    table = parser.expect_parts()
    return DeleteFrom(table, parser.target_alias(), _where(parser, scope), whole_statement(scope))


def read_update(parser: StatementGrammar, scope: Scope) -> UpdateTable:
    """UPDATE name [AS alias] SET column = value, … [WHERE condition]."""
    table = parser.expect_parts()
    alias = parser.target_alias()
    parser.expect_words("SET")
    assignments = _assignments(parser, scope)
    return UpdateTable(table, assignments, alias, _where(parser, scope), whole_statement(scope))


def whole_statement(scope: Scope) -> Origin:
    """The statement, where Spark says that types do not fit."""
    return Origin(scope.source.text, 0, len(scope.source.text) - 1)


def _where(parser: StatementGrammar, scope: Scope) -> Expression | None:
    return scope.expression(parser.expect_condition()) if parser.take_words("WHERE") else None


def _assignments(parser: StatementGrammar, scope: Scope) -> tuple[Assignment, ...]:
    return tuple(_assignment(item, scope) for item in parser.set_clause())


def _assignment(item: AssignedValue, scope: Scope) -> Assignment:
    value = None if item.value is None else scope.expression(item.value)
    return Assignment(item.column, value, Origin(scope.source.text, item.start, item.end))


# ---------------------------------------------------------------------------------------------- MERGE


def read_merge(parser: StatementGrammar, scope: Scope) -> MergeInto:
    """MERGE [WITH SCHEMA EVOLUTION] INTO name [AS alias] USING source ON condition WHEN … THEN …, …"""
    evolves_schema = parser.take_words("WITH", "SCHEMA", "EVOLUTION")
    parser.expect_words("INTO")
    table = parser.expect_parts()
    alias = parser.target_alias()
    parser.expect_words("USING")
    source = scope.query(parser.expect_table())
    parser.expect_words("ON")
    condition = scope.expression(parser.expect_condition())
    clauses = []
    while parser.take_words("WHEN"):
        clauses.append(_clause(parser, scope))
    _check_clauses(clauses, scope)
    return MergeInto(table, source, condition, tuple(clauses), alias, evolves_schema, whole_statement(scope))


def _clause(parser: StatementGrammar, scope: Scope) -> MergeClause:
    match = _match(parser)
    condition = scope.expression(parser.expect_condition()) if parser.take_words("AND") else None
    parser.expect_words("THEN")
    if match is MergeMatch.NOT_MATCHED:
        parser.expect_words("INSERT")
        return _insert(parser, scope, condition)
    if parser.take_words("DELETE"):
        return MergeClause(match, MergeAction.DELETE, condition)
    parser.expect_words("UPDATE", "SET")
    if match is MergeMatch.MATCHED and parser.take_words("*"):
        return MergeClause(match, MergeAction.UPDATE_ALL, condition)
    return MergeClause(match, MergeAction.UPDATE, condition, _assignments(parser, scope))


def _match(parser: StatementGrammar) -> MergeMatch:
    if parser.take_words("MATCHED"):
        return MergeMatch.MATCHED
    parser.expect_words("NOT", "MATCHED")
    if parser.take_words("BY", "SOURCE"):
        return MergeMatch.NOT_MATCHED_BY_SOURCE
    parser.take_words("BY", "TARGET")
    return MergeMatch.NOT_MATCHED


def _insert(parser: StatementGrammar, scope: Scope, condition: Expression | None) -> MergeClause:
    if parser.take_words("*"):
        return MergeClause(MergeMatch.NOT_MATCHED, MergeAction.INSERT_ALL, condition)
    columns = parser.wrapped(parser.assigned_column)
    parser.expect_words("VALUES")
    values = parser.wrapped(parser.assigned_value)
    if len(columns) != len(values):
        raise scope.source.error_at("_LEGACY_ERROR_TEMP_0006", 0, len(scope.source.text) - 1)
    items = (replace(c, value=v.value) for c, v in zip(columns, values, strict=True))
    assignments = tuple(_assignment(item, scope) for item in items)
    return MergeClause(MergeMatch.NOT_MATCHED, MergeAction.INSERT, condition, assignments)


def _check_clauses(clauses: list[MergeClause], scope: Scope) -> None:
    """Raises: SqlParseError MERGE_WITHOUT_WHEN, NON_LAST_…_CLAUSE_OMIT_CONDITION"""
    last = len(scope.source.text) - 1
    if not clauses:
        raise scope.source.error_at("MERGE_WITHOUT_WHEN", 0, last)
    for match, condition in _SHOWN_MATCHES.items():
        same = [clause for clause in clauses if clause.match is match]
        if any(clause.condition is None for clause in same[:-1]):
            raise scope.source.error_at(condition, 0, last)
