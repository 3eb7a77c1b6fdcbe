"""FROM clauses to relations: tables, functions, VALUES, samples, joins, LATERAL VIEW, PIVOT and UNPIVOT."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from unbounded.errors import not_supported
from unbounded.plan.identifiers import parse_table_name
from unbounded.plan.unresolved import (
    Expression,
    Filter,
    Generate,
    InlineTable,
    Join,
    JoinKind,
    Limit,
    Literal,
    NamedTable,
    Options,
    PivotTable,
    Relation,
    Sample,
    SubqueryAlias,
    TableFunction,
    UnpivotTable,
    UnresolvedAttribute,
    UnresolvedFunction,
)
from unbounded.sql.expressions.identifier_clause import clause_text, is_identifier_clause
from unbounded.sql.grammar.relations import COMMA_JOIN
from unbounded.sql.scope import Scope, call

TranslateRelation = Callable[[exp.Expr, Scope], Relation]

_JOIN_KINDS = {
    COMMA_JOIN: JoinKind.INNER,
    "INNER": JoinKind.INNER,
    "CROSS": JoinKind.CROSS,
    "LEFT": JoinKind.LEFT_OUTER,
    "RIGHT": JoinKind.RIGHT_OUTER,
    "FULL": JoinKind.FULL_OUTER,
    "SEMI": JoinKind.LEFT_SEMI,
    "ANTI": JoinKind.LEFT_ANTI,
}


def translate_table(node: exp.Table, scope: Scope) -> Relation:
    """A name, or a table function."""
    if is_identifier_clause(node.this):
        return NamedTable(parse_table_name(clause_text(node.this, scope)), origin=scope.origin_of(node))
    if not isinstance(node.this, exp.Identifier | exp.Dot):
        function = scope.expression(node.this)
        if not isinstance(function, UnresolvedFunction) or function.is_distinct or function.filter is not None:
            raise not_supported("A call like this in FROM", "Call a table function.")
        if any(isinstance(a, UnresolvedFunction) and a.name.lower() == "table" for a in function.arguments):
            raise not_supported("A table as an argument (TABLE(…))", "Use mapInPandas or applyInPandas.")
        return TableFunction(function.name, function.arguments)
    return NamedTable(table_parts(node.this), _time_travel(node, scope), origin=scope.origin_of(node))


def _time_travel(node: exp.Table, scope: Scope) -> Options:
    """As the options of a reader."""
    for kind, option in (("version", "versionAsOf"), ("when", "timestampAsOf")):
        given = node.args.get(kind)
        if given is not None:
            value = scope.expression(given)
            text = value.value if isinstance(value, Literal) and isinstance(value.value, int | str) else None
            if text is None or (kind == "when" and not isinstance(text, str)):
                raise not_supported("AS OF with a computed value", "Write a number or a string.")
            return ((option, str(text)),)
    return ()


def table_parts(name: exp.Expr) -> tuple[str, ...]:
    if isinstance(name, exp.Dot):
        return (*table_parts(name.this), str(name.expression.name))
    return (str(name.name),)


def translate_stream(node: exp.Stream, scope: Scope) -> Relation:
    table = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    relation: Relation = NamedTable(table_parts(table.this), is_streaming=True)
    return aliased(relation, node.this.args.get("alias")) if table is not node.this else relation


def translate_values(node: exp.Values, scope: Scope) -> Relation:
    """Rows of VALUES: `(a, b)` has two columns, anything else one."""
    return InlineTable(tuple(_row(row, scope) for row in node.expressions))


def _row(row: exp.Expr, scope: Scope) -> tuple[Expression, ...]:
    match row:
        case exp.Tuple():
            return scope.expressions(row.expressions)
        case exp.Paren():
            return (scope.expression(row.this),)
        case _:
            return (scope.expression(row),)


def aliased(relation: Relation, alias: exp.Expr | None) -> Relation:
    if alias is None:
        return relation
    return SubqueryAlias(relation, alias.name, tuple(column.name for column in alias.args.get("columns") or ()))


# ---------------------------------------------------------------------------------------------- joins


def translate_join(left: Relation, node: exp.Join, scope: Scope, translate: TranslateRelation) -> Relation:
    is_lateral = isinstance(node.this, exp.Lateral)
    right = translate(node.this.this if is_lateral else node.this, scope)
    condition = node.args.get("on")
    return Join(
        left,
        right,
        _JOIN_KINDS[node.args["kind"]],
        None if condition is None else scope.expression(condition),
        tuple(column.name for column in node.args.get("using") or ()),
        is_natural=node.args.get("method") == "NATURAL",
        is_lateral=is_lateral,
        origin=scope.origin_of(node),
    )


def translate_lateral_view(child: Relation, node: exp.Lateral, scope: Scope) -> Relation:
    generator = scope.expression(node.this)
    if not isinstance(generator, UnresolvedFunction):
        raise not_supported("LATERAL VIEW without a generator", "Use explode or another generator.")
    alias = node.args["alias"]
    columns = tuple(column.name for column in alias.args.get("columns") or ())
    return Generate(child, generator, bool(node.args.get("outer")), alias.name, columns)


# ---------------------------------------------------------------------------------------------- samples


def translate_sample(child: Relation, node: exp.TableSample, scope: Scope) -> Relation:
    """PERCENT and BUCKET keep a fraction of the rows, ROWS a number of them."""
    size = node.args.get("size")
    if size is not None:
        return Limit(child, scope.expression(size))
    percent = node.args.get("percent")
    if percent is not None:
        fraction = _number(percent, scope) / 100
    else:
        fraction = _number(node.args["bucket_numerator"], scope) / _number(node.args["bucket_denominator"], scope)
    if not 0 <= fraction <= 1:
        raise scope.error(
            node, "_LEGACY_ERROR_TEMP_0064", msg=f"Sampling fraction ({fraction}) must be on interval [0, 1]"
        )
    seed = node.args.get("seed")
    return Sample(child, 0.0, fraction, with_replacement=False, seed=None if seed is None else int(seed.name))


def _number(node: exp.Expr, scope: Scope) -> float:
    literal = scope.expression(node)
    if not isinstance(literal, Literal):
        raise not_supported("TABLESAMPLE of a computed size", "Write a number.")
    return float(literal.value)


# ---------------------------------------------------------------------------------------------- PIVOT, UNPIVOT


def translate_pivot(child: Relation, node: exp.Pivot, scope: Scope) -> Relation:
    relation = _unpivot(child, node, scope) if node.args.get("unpivot") else _pivot(child, node, scope)
    return aliased(relation, node.args.get("alias"))


def _pivot(child: Relation, node: exp.Pivot, scope: Scope) -> Relation:
    field = node.args["fields"][0]
    columns = field.this.expressions
    column = scope.expression(columns[0] if len(columns) == 1 else field.this)
    return PivotTable(child, scope.expressions(node.expressions), column, scope.expressions(field.expressions))


def _unpivot(child: Relation, node: exp.Pivot, scope: Scope) -> Relation:
    """Rows whose values are all null are left out unless INCLUDE NULLS asks for them."""
    field = node.args["fields"][0]
    value_columns = tuple(name.name for name in node.expressions)
    groups = tuple(scope.expressions(_without_alias(group).expressions) for group in field.expressions)
    labels = tuple(group.alias if isinstance(group, exp.Alias) else None for group in field.expressions)
    relation: Relation = UnpivotTable(child, groups, labels, field.this.name, value_columns)
    if node.args.get("include_nulls"):
        return relation
    values = tuple(UnresolvedAttribute((name,)) for name in value_columns)
    return Filter(relation, call("isnotnull", call("coalesce", *values)))


def _without_alias(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Alias) else node
