"""Query trees to relations: SELECT and its clauses in Spark's order of evaluation, set operations, WITH, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    Aggregate,
    Alias,
    Deduplicate,
    Drop,
    Expression,
    Filter,
    GroupingKind,
    Hint,
    Limit,
    Offset,
    OneRow,
    Project,
    Relation,
    Repartition,
    SetOperation,
    SetOperator,
    Sort,
    SubqueryAlias,
    UnresolvedAttribute,
    WithCtes,
)
from unbounded.sql.expressions.windows import named_windows, sort_order
from unbounded.sql.grouping import Grouping, translate_grouping
from unbounded.sql.relations import (
    aliased,
    translate_join,
    translate_lateral_view,
    translate_pivot,
    translate_sample,
    translate_stream,
    translate_table,
    translate_values,
)
from unbounded.sql.scope import Scope

_SET_OPERATORS: dict[type[exp.Expr], SetOperator] = {
    exp.Union: SetOperator.UNION,
    exp.Except: SetOperator.EXCEPT,
    exp.Intersect: SetOperator.INTERSECT,
}


def translate_query(node: exp.Expr, scope: Scope) -> Relation:
    """The relation of a query or of one table of a FROM clause."""
    translate = _TRANSLATORS.get(type(node))
    if translate is None:
        raise not_supported(f"The SQL relation {type(node).__name__}", "Write it with the DataFrame API.")
    scope = scope.with_windows(named_windows(node.args.get("windows")))
    return _result_clauses(translate(node, scope), node, scope)


def _result_clauses(relation: Relation, node: exp.Expr, scope: Scope) -> Relation:
    """ORDER BY and its relatives, then OFFSET, then LIMIT."""
    relation = _ordered(relation, node, scope)
    if (offset := node.args.get("offset")) is not None:
        relation = Offset(relation, scope.expression(offset.expression))
    if (limit := node.args.get("limit")) is not None:
        relation = Limit(relation, scope.expression(limit.expression))
    return relation


def _ordered(relation: Relation, node: exp.Expr, scope: Scope) -> Relation:
    order, cluster, distribute, sort = (node.args.get(key) for key in ("order", "cluster", "distribute", "sort"))
    if sum(clause is not None for clause in (order, cluster, distribute or sort)) > 1:
        start, end = node.meta["clauses"]
        raise scope.source.error_at("UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES", start, end)
    spread = distribute or cluster
    if spread is not None:
        items = scope.expressions([item.this for item in spread.expressions])
        relation = Repartition(relation, items)
    sorting = order or sort or cluster
    if sorting is None:
        return relation
    items_in_order = tuple(sort_order(item, scope) for item in sorting.expressions)
    return Sort(relation, items_in_order, is_global=order is not None)


# ---------------------------------------------------------------------------------------------- SELECT


def _select(node: exp.Select, scope: Scope) -> Relation:
    from_ = node.args.get("from_")
    relation = OneRow() if from_ is None else translate_query(from_.this, scope)
    if (where := node.args.get("where")) is not None:
        relation = Filter(relation, scope.expression(where.this), origin=scope.origin_of(node))
    relation = _qualified(relation, node, scope)
    if node.args.get("distinct") is not None:
        relation = Deduplicate(relation, is_select=True)
    return _hinted(relation, node.args.get("hint"), scope)


_KEPT = "__qualify"


def _qualified(relation: Relation, node: exp.Select, scope: Scope) -> Relation:
    """QUALIFY: its condition is one more item of the select list, by which the rows are chosen before it goes."""
    items = scope.expressions(node.expressions)
    qualify = node.args.get("qualify")
    if qualify is None:
        return _projected(relation, items, node, scope)
    condition = Alias(scope.expression(qualify.this), (_KEPT,))
    chosen = Filter(_projected(relation, (*items, condition), node, scope), UnresolvedAttribute((_KEPT,)))
    return Drop(chosen, (), (_KEPT,))


def _projected(relation: Relation, items: tuple[Expression, ...], node: exp.Select, scope: Scope) -> Relation:
    group, having = node.args.get("group"), node.args.get("having")
    if group is None and having is None:
        return Project(relation, items, origin=scope.origin_of(node))
    grouping = Grouping(GroupingKind.GROUP_BY, ()) if group is None else translate_grouping(group, scope)
    return Aggregate(
        relation,
        grouping.expressions,
        items,
        grouping.kind,
        grouping.sets,
        is_select_list=True,
        having=_having(having, scope),
    )


def _having(having: exp.Having | None, scope: Scope) -> Expression | None:
    return None if having is None else scope.expression(having.this)


def _hinted(relation: Relation, hints: exp.Hint | None, scope: Scope) -> Relation:
    """The first hint becomes the outermost one."""
    for hint in reversed(hints.expressions if hints is not None else ()):
        relation = Hint(relation, hint.name, scope.expressions(hint.expressions))
    return relation


# ---------------------------------------------------------------------------------------------- the rest


def _set_operation(node: exp.SetOperation, scope: Scope) -> Relation:
    """Long chains of UNION are walked down their left side in a loop."""
    links: list[exp.SetOperation] = []
    left: exp.Expr = node
    while isinstance(left, exp.SetOperation) and (left is node or not _has_clauses(left)):
        links.append(left)
        left = left.this
    relation = translate_query(left, scope)
    for link in reversed(links):
        right = translate_query(link.expression, scope)
        operator, is_all = _SET_OPERATORS[type(link)], not link.args.get("distinct")
        relation = SetOperation(relation, right, operator, is_all, origin=scope.origin_of(link))
    return relation


def _has_clauses(node: exp.Expr) -> bool:
    return any(node.args.get(key) for key in ("order", "cluster", "distribute", "sort", "limit", "offset"))


def _wrapped(node: exp.Subquery, scope: Scope) -> Relation:
    """A relation with what the grammar hung around it: joins, lateral views, pivots, sample, alias, WITH."""
    relation = translate_query(node.this, scope)
    for extension in node.args.get("joins") or ():
        if isinstance(extension, exp.Join):
            relation = translate_join(relation, extension, scope, translate_query)
        else:
            relation = translate_pivot(relation, extension, scope)
    for view in node.args.get("laterals") or ():
        relation = translate_lateral_view(relation, view, scope)
    for pivot in node.args.get("pivots") or ():
        relation = translate_pivot(relation, pivot, scope)
    if (sample := node.args.get("sample")) is not None:
        relation = translate_sample(relation, sample, scope)
    relation = aliased(relation, node.args.get("alias"))
    return with_ctes(relation, node.args.get("with_"), scope)


def with_ctes(relation: Relation, node: exp.With | None, scope: Scope) -> Relation:
    if node is None:
        return relation
    return WithCtes(tuple(_cte(cte, scope) for cte in node.expressions), relation)


def _cte(node: exp.CTE, scope: Scope) -> SubqueryAlias:
    columns = tuple(column.name for column in node.args["alias"].args.get("columns") or ())
    return SubqueryAlias(translate_query(node.this, scope), node.alias, columns)


_TRANSLATORS: dict[type[exp.Expr], Callable[[Any, Scope], Relation]] = {
    exp.Except: _set_operation,
    exp.Intersect: _set_operation,
    exp.Select: _select,
    exp.Stream: translate_stream,
    exp.Subquery: _wrapped,
    exp.Table: translate_table,
    exp.Union: _set_operation,
    exp.Values: translate_values,
}
