"""GROUP BY: plain, ROLLUP, CUBE and GROUPING SETS in any combination."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, product

from sqlglot import exp

from unbounded.plan.unresolved import Expression, GroupingKind
from unbounded.sql.scope import Scope

_SET_KINDS: dict[type[exp.Expr], GroupingKind] = {exp.Rollup: GroupingKind.ROLLUP, exp.Cube: GroupingKind.CUBE}
GroupingSet = tuple[exp.Expr, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    kind: GroupingKind
    expressions: tuple[Expression, ...]
    sets: tuple[tuple[Expression, ...], ...] = ()


def translate_grouping(group: exp.Group, scope: Scope) -> Grouping:
    """A lone ROLLUP or CUBE keeps its kind; every other mixture is written out as grouping sets, as Spark does."""
    items: list[exp.Expr] = group.expressions
    suffix: exp.Expr | None = next(iter(group.args.get("grouping_sets") or ()), None)
    if isinstance(suffix, exp.GroupingSets):
        return _as_sets(items, _sets(suffix), scope)
    if suffix is not None:
        return Grouping(_SET_KINDS[type(suffix)], scope.expressions(items))
    if not any(isinstance(item, exp.Rollup | exp.Cube | exp.GroupingSets) for item in items):
        return Grouping(GroupingKind.GROUP_BY, scope.expressions(items))
    if len(items) == 1 and type(items[0]) in _SET_KINDS and not any(map(_is_nested, items[0].expressions)):
        return Grouping(_SET_KINDS[type(items[0])], scope.expressions(items[0].expressions))
    crossed = [tuple(chain.from_iterable(parts)) for parts in product(*(_sets(item) for item in items))]
    return _as_sets([node for grouping_set in crossed for node in grouping_set], crossed, scope)


def _as_sets(columns: list[exp.Expr], sets: list[GroupingSet], scope: Scope) -> Grouping:
    translated = tuple(scope.expressions(list(grouping_set)) for grouping_set in sets)
    every = scope.expressions(columns)
    return Grouping(GroupingKind.GROUPING_SETS, tuple(dict.fromkeys(every)), translated)


def _is_nested(item: exp.Expr) -> bool:
    return isinstance(item, exp.Tuple | exp.Paren | exp.Rollup | exp.Cube | exp.GroupingSets)


def _sets(item: exp.Expr) -> list[GroupingSet]:
    """The grouping sets one item of GROUP BY stands for."""
    match item:
        case exp.Rollup():
            units = [_unit(part) for part in item.expressions]
            return [tuple(chain.from_iterable(units[:count])) for count in range(len(units), -1, -1)]
        case exp.Cube():
            units = [_unit(part) for part in item.expressions]
            chosen = (combinations(units, count) for count in range(len(units), -1, -1))
            return [tuple(chain.from_iterable(subset)) for subset in chain.from_iterable(chosen)]
        case exp.GroupingSets():
            return list(chain.from_iterable(_sets(part) for part in item.expressions))
        case _:
            return [_unit(item)]


def _unit(part: exp.Expr) -> GroupingSet:
    """`(a, b)` inside ROLLUP, CUBE and GROUPING SETS goes in and out as one."""
    match part:
        case exp.Tuple():
            return tuple(part.expressions)
        case exp.Paren():
            return (part.this,)
        case _:
            return (part,)
