"""Typed expression -> engine SQL. One match; casts, aggregates and windows have their own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unbounded.functions.catalog import REGISTRY
from unbounded.functions.engine import engine_type, literal, text
from unbounded.functions.environment import Environment
from unbounded.functions.ordering import order_key
from unbounded.functions.registry import Invocation, apply_rule
from unbounded.lowering.casts import lower_cast
from unbounded.lowering.lowered import Lowering, column, column_of
from unbounded.plan.expressions import (
    AggregateCall,
    AggregateStep,
    Alias,
    Attribute,
    Call,
    Cast,
    Exists,
    Expression,
    FrameEdge,
    FrameUnit,
    GetField,
    InSubquery,
    Lambda,
    LambdaRole,
    LambdaVariable,
    Literal,
    PartialAggregate,
    PythonCall,
    ScalarSubquery,
    SortOrder,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.plan.logical import LogicalPlan
from unbounded.types.datatypes import (
    ArrayType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeIntervalType,
    YearMonthIntervalType,
)

LowerQuery = Callable[[LogicalPlan, Lowering], str]


class ExpressionLowering:
    """Lowers the expressions of one query; `lower_query` lowers the plans of subqueries inside them."""

    def __init__(self, lowering: Lowering, lower_query: LowerQuery) -> None:
        self._lowering = lowering
        self._lower_query = lower_query

    @property
    def environment(self) -> Environment:
        return self._lowering.environment

    def lower(self, expression: Expression) -> str:
        match expression:
            case Attribute():
                return column(expression)
            case Literal(value=value, data_type=data_type):
                return literal(value, data_type)
            case Alias(child=child):
                return self.lower(child)
            case Cast(child=child):
                return lower_cast(self.lower(child), expression, self._lowering.environment)
            case Call(function=function, arguments=arguments, data_type=data_type):
                return self._call(function, arguments, data_type, {})
            case AggregateCall():
                return self._aggregate(expression, over="")
            case PartialAggregate():
                return self._partial(expression)
            case WindowCall():
                return self._window(expression)
            case GetField():
                return self._field(expression)
            case Lambda(parameters=parameters, body=body):
                names = ", ".join(dict.fromkeys(column_of(p.id) for p in parameters))
                return f"(lambda {names} : {self.lower(body)})"
            case LambdaVariable():
                return _variable(expression)
            case PythonCall():
                return self._python(expression, over="")
            case ScalarSubquery(plan=plan):
                return f"({self._lower_query(plan, self._lowering)})"
            case Exists(plan=plan):
                return f"EXISTS ({self._lower_query(plan, self._lowering)})"
            case InSubquery(values=values, plan=plan):
                return f"({self._row(values)} IN ({self._lower_query(plan, self._lowering)}))"
            case _:
                raise TypeError(f"{type(expression).__name__} cannot stand in an engine expression")

    def sort_order(self, order: SortOrder) -> str:
        direction = "ASC" if order.is_ascending else "DESC"
        key = order_key(self.lower(order.child), order.child.data_type)
        return f"{key} {direction} NULLS {'FIRST' if order.has_nulls_first else 'LAST'}"

    def _row(self, values: tuple[Expression, ...]) -> str:
        lowered = ", ".join(map(self.lower, values))
        return lowered if len(values) == 1 else f"({lowered})"

    def _call(
        self, function: str, arguments: tuple[Expression, ...], data_type: DataType, modifiers: dict[str, str]
    ) -> str:
        row = REGISTRY.find(function)
        if row is None:
            raise KeyError(f"typed call of unknown function {function}")
        lowered = tuple(map(self.lower, arguments))
        return row.lower(Invocation(arguments, lowered, data_type, self._lowering.environment, function, modifiers))

    def _aggregate(self, call: AggregateCall, over: str) -> str:
        modifiers = {
            **self._row_modifiers(call),
            "distinct": "DISTINCT " if call.is_distinct else "",
            "order": self._order(call.order),
            "nulls": " IGNORE NULLS" if call.ignores_nulls and over else "",
            "over": over,
        }
        return self._call(call.function, call.arguments, call.data_type, modifiers)

    def _order(self, order: tuple[SortOrder, ...]) -> str:
        return f" ORDER BY {', '.join(map(self.sort_order, order))}" if order else ""

    def _row_modifiers(self, call: AggregateCall) -> dict[str, str]:
        """Which rows count: the FILTER clause, whole and as a bare condition, and whether NULLs are passed over."""
        condition = self.lower(call.filter) if call.filter is not None else ""
        return {
            "filter": f" FILTER (WHERE {condition})" if condition else "",
            "condition": condition,
            "ignores_nulls": "1" if call.ignores_nulls else "",
        }

    def _partial(self, partial: PartialAggregate) -> str:
        """One step of an incremental aggregate, from the templates of its function's row."""
        call = partial.call
        row = REGISTRY.find(call.function)
        if row is None or row.state is None:
            raise KeyError(f"{call.function} cannot be kept incrementally")
        reads: tuple[Expression, ...] = partial.state or call.arguments
        sql = tuple(map(self.lower, reads))
        modifiers = {"order": self._order(partial.order)}
        match partial.step:
            case AggregateStep.UPDATE:
                template, modifiers = row.state.columns[partial.column].update, modifiers | self._row_modifiers(call)
            case AggregateStep.MERGE:
                template = row.state.columns[partial.column].merge
            case AggregateStep.FINISH:
                template, reads = row.state.finish, call.arguments
        invocation = Invocation(reads, sql, partial.data_type, self.environment, call.function, modifiers)
        return apply_rule(template, invocation)

    def _window(self, window: WindowCall) -> str:
        parts = []
        if window.partition:
            parts.append(f"PARTITION BY {', '.join(map(self.lower, window.partition))}")
        if window.order:
            parts.append(f"ORDER BY {', '.join(map(self.sort_order, window.order))}")
        function = window.function
        if isinstance(function, WindowFunctionCall):
            nulls = " IGNORE NULLS" if function.ignores_nulls else ""
            if function.function == "nth_value":
                parts.append(self._frame(window))
            modifiers = {"over": f" OVER ({' '.join(parts)})", "nulls": nulls}
            return self._call(function.function, function.arguments, function.data_type, modifiers)
        parts.append(self._frame(window))
        if isinstance(function, PythonCall):
            return self._python(function, f" OVER ({' '.join(parts)})")
        return self._aggregate(function, f" OVER ({' '.join(parts)})")

    def _frame(self, window: WindowCall) -> str:
        frame, ordered = window.frame, window.order[0].child.data_type if window.order else None
        if frame.unit is FrameUnit.ROWS:
            ordered = None
        lower, upper = self._edge(frame.lower, "PRECEDING", ordered), self._edge(frame.upper, "FOLLOWING", ordered)
        return f"{frame.unit.value} BETWEEN {lower} AND {upper}"

    def _edge(self, edge: FrameEdge | Literal, unbounded_side: str, ordered: DataType | None) -> str:
        if edge is FrameEdge.UNBOUNDED:
            return f"UNBOUNDED {unbounded_side}"
        if isinstance(edge, FrameEdge):
            return "CURRENT ROW"
        side = "PRECEDING" if edge.value < 0 else "FOLLOWING"
        return f"{_distance(abs(edge.value), edge.data_type, ordered)} {side}"

    def _python(self, call: PythonCall, over: str) -> str:
        """A function of groups gets one argument: the list of its rows as structs."""
        name = self._lowering.function_name(call)
        arguments = [self.lower(a) for a in call.arguments]
        if not call.is_aggregate:
            return f"{name}({', '.join(arguments) or 'NULL::INTEGER'})"
        members = ", ".join(f"a{i} := {a}" for i, a in enumerate(arguments or ["NULL::INTEGER"]))
        return f"{name}(list(struct_pack({members})){over})"

    def _field(self, expression: GetField) -> str:
        child, name = self.lower(expression.child), expression.field.name
        if not isinstance(expression.child.data_type, ArrayType):
            return f"struct_extract({child}, {text(name)})"
        variable = "x"
        extracted = f"list_transform({child}, lambda {variable} : struct_extract({variable}, {text(name)}))"
        return f"CAST({extracted} AS {engine_type(expression.data_type)})"


def _variable(variable: LambdaVariable) -> str:
    """Engine positions count from 1 in 64 bits; parts of an entry are fields of a struct."""
    name = column_of(variable.id)
    if variable.role is LambdaRole.INDEX:
        return f"CAST({name} - 1 AS INTEGER)"
    return f"struct_extract({name}, {text(variable.role.value)})" if variable.is_part else name


def _distance(value: Any, data_type: DataType, ordered: DataType | None) -> str:
    """The offset of a frame's edge; dates and timestamps are moved by engine intervals."""
    match ordered, data_type:
        case DatetimeType(), YearMonthIntervalType():
            return f"to_months({value})"
        case DatetimeType(), DayTimeIntervalType():
            return f"to_microseconds({value})"
        case DateType(), _:
            return f"to_days({value})"
        case _:
            return literal(value, data_type)
