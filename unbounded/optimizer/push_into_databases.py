"""Filters and limits that a database applies itself, so that other rows never leave it.

A filter reaches a scan through projections and joins that hand its columns on. What a database tests is not tested
again: a condition only goes where the answer is Spark's (`connectors.jdbc.conditions`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.connectors.jdbc.source import JdbcScan
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.optimizer.database_conditions import condition_of
from unbounded.plan.expressions import Attribute, Call, Expression, WindowCall
from unbounded.plan.logical import Filter, Join, Limit, LogicalPlan, Project, Scan, Sort, SubqueryAlias
from unbounded.plan.tree import children, collect, contains, rewrite_down
from unbounded.plan.unresolved import JoinKind
from unbounded.types.datatypes import BOOLEAN

_LEFT_ROWS_ONLY = (JoinKind.LEFT_SEMI, JoinKind.LEFT_ANTI, JoinKind.LEFT_OUTER)
_ALL_MATCHES = (JoinKind.INNER, JoinKind.CROSS)


def push_into_databases(plan: LogicalPlan) -> LogicalPlan:
    """`plan` whose scans of databases apply what they can; itself if it has none."""
    if not contains(plan, _is_database):
        return plan
    return cast(LogicalPlan, rewrite_down(plan, _pushed))


def _is_database(node: object) -> bool:
    return isinstance(node, Scan) and isinstance(node.source, JdbcScan)


def _pushed(node: object) -> object | None:
    match node:
        case Filter(child=child, condition=condition):
            left = []
            for conjunct in _conjuncts(condition):
                sunk = _sunk(child, conjunct)
                child = child if sunk is None else sunk
                left += [conjunct] if sunk is None else []
            below = push_into_databases(child)
            return Filter(below, _all_of(left)) if left else below
        case Limit(child=child, count=int() as count, offset=offset):
            return replace(node, child=push_into_databases(_limited(child, count + offset)))
        case _:
            return None


def _sunk(plan: LogicalPlan, condition: Expression) -> LogicalPlan | None:
    """`plan` with `condition` in a scan below; None if it reaches none that applies it."""
    match plan:
        case Scan(source=JdbcScan() as database, output=output):
            wanted = condition_of(condition, {a.id: field.name for a, field in zip(output, database.columns)})
            source = None if wanted is None else database.with_condition(wanted)
            return None if source is None else replace(plan, source=source)
        case SubqueryAlias() | Filter() | Project() | Sort() if _has_own_rows(plan):
            sunk = _sunk(plan.child, condition)
            return None if sunk is None else replace(plan, child=sunk)
        case Join(left=left, right=right, kind=kind, is_lateral=False):
            read = {a.id for a in collect(condition, Attribute)}
            if kind in (*_ALL_MATCHES, *_LEFT_ROWS_ONLY) and read <= {a.id for a in left.output}:
                sunk = _sunk(left, condition)
                return None if sunk is None else replace(plan, left=sunk)
            if kind in _ALL_MATCHES and read <= {a.id for a in right.output}:
                sunk = _sunk(right, condition)
                return None if sunk is None else replace(plan, right=sunk)
            return None
        case _:
            return None


def _has_own_rows(plan: LogicalPlan) -> bool:
    """Whether its expressions give each row what other rows cannot change, so that rows may be left out below it."""
    expressions = (part for part in children(plan) if not isinstance(part, LogicalPlan))
    return not any(contains(expression, _looks_further) for expression in expressions)


def _looks_further(node: object) -> bool:
    return isinstance(node, WindowCall) or changes_from_call_to_call(node)


def _limited(plan: LogicalPlan, count: int) -> LogicalPlan:
    """`plan`, whose first `count` rows are all that is used."""
    match plan:
        case Scan(source=JdbcScan() as database):
            return replace(plan, source=database.with_limit(count))
        case Project() | SubqueryAlias() if _has_own_rows(plan):
            return replace(plan, child=_limited(plan.child, count))
        case Filter(child=child, condition=condition):
            pushed = _pushed(plan)
            is_gone = not isinstance(pushed, Filter) or pushed.condition is not condition
            return _limited(cast(LogicalPlan, pushed), count) if is_gone and pushed is not child else plan
        case _:
            return plan


def _conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The conditions that AND joins."""
    if isinstance(condition, Call) and condition.function == "and":
        return tuple(part for argument in condition.arguments for part in _conjuncts(argument))
    return (condition,)


def _all_of(conditions: list[Expression]) -> Expression:
    """`conditions`, one at least, joined by AND."""
    result = conditions[0]
    for condition in conditions[1:]:
        result = Call("and", (result, condition), BOOLEAN)
    return result
