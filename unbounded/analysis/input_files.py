"""input_file_name() and its kin read the `_metadata` of the one scan below them that hands its rows on one by one.

Below a shuffle (sort, aggregate, …) and over rows of the program there is no file; the call then stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from unbounded.errors import analysis_error, not_supported
from unbounded.functions.input_files import METADATA_FIELDS
from unbounded.functions.naming import pretty_name
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Attribute,
    Call,
    Expression,
    GetField,
    WindowCall,
)
from unbounded.plan.logical import (
    Aggregate,
    CollectMetrics,
    Filter,
    Generate,
    Join,
    LogicalPlan,
    MapPartitions,
    Project,
    Sample,
    Scan,
    SetOperation,
    Sort,
    Stored,
    StreamScan,
    SubqueryAlias,
    WithWatermark,
)
from unbounded.plan.tree import children, contains, map_children, rewrite, rewrite_down, walk_expression
from unbounded.plan.unresolved import JoinKind, SetOperator
from unbounded.types.datatypes import StructType

TakeId = Callable[[], int]

_Reader = Project | Filter | Sort | Generate | Aggregate
_ROW_BY_ROW = (Filter, SubqueryAlias, Sample, Generate, WithWatermark, CollectMetrics)


def find_input_files(plan: LogicalPlan, take_id: TakeId) -> LogicalPlan:
    """`plan` with the calls reading the scans' metadata columns, which no relation need have in its output yet.

    Raises: SparkError MULTI_SOURCES_UNSUPPORTED_FOR_EXPRESSION, AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION,
        INVALID_NON_DETERMINISTIC_EXPRESSIONS, UNBOUNDED_NOT_SUPPORTED
    """
    return cast(LogicalPlan, rewrite(plan, lambda node: _with_files(node, take_id)))


def _with_files(node: object, take_id: TakeId) -> object:
    calls = dict.fromkeys(_own_calls(node)) if isinstance(node, LogicalPlan) else {}
    if not calls:
        return node
    assert isinstance(node, LogicalPlan)
    _refuse(node, next(iter(calls)))
    if not isinstance(node, _Reader):
        return node
    child = node.child
    values: dict[object, Expression] = {}
    for call in calls:
        child, value = _carried(child, call, take_id)
        values[call] = value or call
    changed = _over_values(node, values)
    if child is node.child:
        return changed
    widened = replace(changed, child=child)
    return widened if isinstance(node, Project | Aggregate) else Project(widened, node.output)


def _own_calls(plan: LogicalPlan) -> list[Call]:
    """The calls in the node's own expressions that have no file yet."""
    own = (child for child in children(plan) if not isinstance(child, LogicalPlan))
    return [part for e in own for part in walk_expression(e) if isinstance(part, Call) and _is_open(part)]


def _is_open(call: Call) -> bool:
    return call.function in METADATA_FIELDS and not call.arguments


def _over_values(plan: _Reader, values: dict[object, Expression]) -> _Reader:
    """Of an aggregate, only what it groups by is of single rows."""

    def read(node: object) -> object | None:
        return node if isinstance(node, LogicalPlan) else values.get(node) if isinstance(node, Call) else None

    if isinstance(plan, Aggregate):
        grouping = tuple(rewrite_down(g, read) for g in plan.grouping)
        return replace(plan, grouping=grouping)
    return map_children(plan, lambda child: rewrite_down(child, read))


def _refuse(plan: LogicalPlan, call: Call) -> None:
    if sum(_source_count(child) for child in children(plan) if isinstance(child, LogicalPlan)) > 1:
        raise analysis_error("MULTI_SOURCES_UNSUPPORTED_FOR_EXPRESSION", expr=f'"{pretty_name(call)}"')
    if isinstance(plan, Join):
        shown = f'"{pretty_name(cast(Expression, plan.condition))}"'
        raise analysis_error("INVALID_NON_DETERMINISTIC_EXPRESSIONS", sqlExprs=shown)
    own = (child for child in children(plan) if not isinstance(child, LogicalPlan))
    for part in (part for e in own for part in walk_expression(e)):
        if isinstance(part, AggregateCall) and contains(part, lambda node: isinstance(node, Call) and _is_open(node)):
            shown = f'"{pretty_name(part)}"'
            raise analysis_error("AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION", sqlExpr=shown)


def _source_count(plan: LogicalPlan) -> int:
    """Reads of files below; the sides of a union are never read at the same time."""
    if isinstance(plan, Scan | StreamScan):
        return int(plan.metadata is not None)
    if isinstance(plan, Stored):
        return 0 if plan.computed is None else _source_count(plan.computed.plan)
    counts = [_source_count(child) for child in children(plan) if isinstance(child, LogicalPlan)]
    return max(counts, default=0) if isinstance(plan, SetOperation) and _is_union(plan) else sum(counts)


def _is_union(plan: SetOperation) -> bool:
    return plan.operator is SetOperator.UNION and plan.is_all


def _carried(plan: LogicalPlan, call: Call, take_id: TakeId) -> tuple[LogicalPlan, Expression | None]:
    """`plan`, and the value of `call` for its rows; None if they are of no file."""
    match plan:
        case Scan(metadata=Attribute() as column) | StreamScan(metadata=Attribute() as column):
            return plan, replace(call, arguments=(_field(column, METADATA_FIELDS[call.function]),))
        case SetOperation() if _is_union(plan):
            return _through_union(plan, call, take_id)
        case Join(left=left, right=right, kind=kind):
            left, of_left = _carried(left, call, take_id)
            if of_left is not None or kind in (JoinKind.LEFT_SEMI, JoinKind.LEFT_ANTI):
                return replace(plan, left=left), of_left
            right, of_right = _carried(right, call, take_id)
            return replace(plan, right=right), of_right
        case Project(child=child, expressions=expressions) if not any(contains(e, _is_window) for e in expressions):
            child, value = _carried(child, call, take_id)
            added = (value,) if isinstance(value, Attribute) else ()
            return (replace(plan, child=child, expressions=(*expressions, *added)) if added else plan), value
        case MapPartitions(child=child) if _carried(child, call, take_id)[1] is not None:
            raise not_supported(
                f"{call.function}() behind mapInPandas or mapInArrow", "Call it before, in withColumn()."
            )
        case _ if isinstance(plan, _ROW_BY_ROW):
            child, value = _carried(plan.child, call, take_id)
            return (plan if child is plan.child else replace(plan, child=child)), value
        case _:
            return plan, None


def _is_window(node: object) -> bool:
    return isinstance(node, WindowCall)


def _field(column: Attribute, name: str) -> GetField:
    assert isinstance(column.data_type, StructType)
    return GetField(column, column.data_type.names.index(name))


def _through_union(plan: SetOperation, call: Call, take_id: TakeId) -> tuple[LogicalPlan, Expression | None]:
    """Each side has its own files, so the value is a column of both."""
    left, of_left = _carried(plan.left, call, take_id)
    right, of_right = _carried(plan.right, call, take_id)
    if of_left is None and of_right is None:
        return plan, None
    sides = [
        Project(side, (*before.output, Alias(value or call, take_id(), call.function)))
        for side, before, value in ((left, plan.left, of_left), (right, plan.right, of_right))
    ]
    column = Attribute(take_id(), call.function, call.data_type, False)
    return replace(plan, left=sides[0], right=sides[1], output=(*plan.output, column)), column
