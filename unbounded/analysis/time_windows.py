"""`window(time, …)` and `session_window(time, gap)` in a query: computed below, so that every use is the same column.

Tumbling windows add one column; sliding ones multiply the rows; sessions are one column per row, which a GROUP BY
merges first. Rows whose time is NULL fall out, and with sessions also those whose gap is none, as in Spark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unbounded.analysis.context import Analysis
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.functions.time_windows import WINDOW_MARKS, window_type
from unbounded.plan.event_time import DELAY_KEY, with_inherited_metadata
from unbounded.plan.expressions import (
    Alias,
    Attribute,
    Call,
    Expression,
    GeneratorCall,
    GetField,
    Literal,
    Metadata,
    NamedExpression,
    to_attribute,
)
from unbounded.plan.logical import Filter, Generate, LogicalPlan, MergeSessions, Project
from unbounded.plan.tree import rewrite_down, walk_expression
from unbounded.types.datatypes import BOOLEAN, LONG, ArrayType, StructField, StructType

WINDOW_FUNCTION, SESSION_FUNCTION = "window", "session_window"
_FUNCTIONS = (WINDOW_FUNCTION, SESSION_FUNCTION)


@dataclass(frozen=True, slots=True)
class _Window:
    """A window call taken apart; lengths in microseconds."""

    time: Expression
    length_us: int
    slide_us: int
    start_us: int

    @property
    def is_tumbling(self) -> bool:
        return self.length_us == self.slide_us

    @property
    def struct_type(self) -> StructType:
        return window_type(self.time.data_type)


@dataclass(frozen=True, slots=True)
class PlannedWindows:
    """`plan` has the columns, `expressions` read them; `columns` says which column stands for which expression."""

    plan: LogicalPlan
    expressions: tuple[NamedExpression, ...]
    columns: Mapping[Expression, Attribute]

    def read(self, expression: NamedExpression) -> NamedExpression:
        """Another expression of the same query over the columns."""
        return _reading(expression, self.columns)


def plan_time_windows(
    child: LogicalPlan, expressions: Sequence[NamedExpression], analysis: Analysis
) -> tuple[LogicalPlan, tuple[NamedExpression, ...]]:
    """`child` with the window column added, and `expressions` reading it; both unchanged without a window call.

    Raises: SparkError for more than one kind of window in a query
    """
    planned = _plan_windows(child, expressions, analysis)
    return planned.plan, planned.expressions


def _plan_windows(child: LogicalPlan, expressions: Sequence[NamedExpression], analysis: Analysis) -> PlannedWindows:
    call = _window_call(expressions)
    if call is None:
        return PlannedWindows(child, tuple(expressions), {})
    plan, column = _add_window(child, call, analysis)
    columns: dict[Expression, Attribute] = {call: column}
    return PlannedWindows(plan, tuple(_reading(e, columns) for e in expressions), columns)


def plan_grouping_windows(
    child: LogicalPlan, grouping: Sequence[NamedExpression], analysis: Analysis
) -> PlannedWindows:
    """The windows of a GROUP BY; sessions of rows whose other keys are equal are merged.

    Raises: SparkError for more than one kind of window in a query
    """
    call = _window_call(grouping)
    is_by_sessions = call is not None and any(isinstance(g, Alias) and g.child == call for g in grouping)
    if call is None or call.function != SESSION_FUNCTION or not is_by_sessions:
        return _plan_windows(child, grouping, analysis)
    keys = [g for g in grouping if not (isinstance(g, Alias) and g.child == call)]
    computed = tuple(key for key in keys if isinstance(key, Alias))
    if computed:
        child = Project(child, (*child.output, *computed))
    plan, session = _add_session(child, call, analysis)
    merged = analysis.ids.attribute(SESSION_FUNCTION, session.data_type, False, session.metadata)
    columns: dict[Expression, Attribute] = {call: merged, **{key.child: key.to_attribute() for key in computed}}
    plan = MergeSessions(plan, session, tuple(to_attribute(key) for key in keys), merged)
    return PlannedWindows(plan, tuple(_reading(g, columns) for g in grouping), columns)


def _reading(expression: NamedExpression, columns: Mapping[Expression, Attribute]) -> NamedExpression:
    """A column stands for its expression; without an alias of its own the result has the column's name."""
    if isinstance(expression, Alias) and expression.child in columns:
        column = columns[expression.child]
        if expression.name == pretty_name(expression.child) or expression.id == column.id:
            return column

    def change(node: object) -> object | None:
        return columns.get(node) if isinstance(node, Expression) else None

    changed = rewrite_down(expression, change) if columns else expression
    assert isinstance(changed, Alias | Attribute)
    return with_inherited_metadata(changed)


def _window_call(expressions: Sequence[NamedExpression]) -> Call | None:
    """Raises: SparkError for more than one kind of window"""
    calls = {
        node
        for expression in expressions
        for node in walk_expression(expression)
        if isinstance(node, Call) and node.function in _FUNCTIONS
    }
    if len(calls) > 1:
        raise analysis_error("_LEGACY_ERROR_TEMP_1039")
    return calls.pop() if calls else None


def _add_window(child: LogicalPlan, call: Call, analysis: Analysis) -> tuple[LogicalPlan, Attribute]:
    if call.function == SESSION_FUNCTION:
        return _add_session(child, call, analysis)
    window = _parts(call)
    metadata = _event_time_metadata(window.time, WINDOW_MARKS[0])
    rows = Filter(child, Call("isnotnull", (window.time,), BOOLEAN, False))
    if window.is_tumbling:
        bounds = Call("tumbling_window", _arguments(window), window.struct_type, False)
        added = analysis.ids.alias(bounds, WINDOW_FUNCTION, metadata)
        return Project(rows, (*child.output, added)), added.to_attribute()
    column = analysis.ids.attribute(WINDOW_FUNCTION, window.struct_type, False, metadata)
    windows = Call("sliding_windows", _arguments(window), ArrayType(window.struct_type, False), False)
    field = StructField("col", window.struct_type, False)
    return Generate(rows, GeneratorCall("explode", (windows,), (field,)), False, (column,)), column


def _add_session(child: LogicalPlan, call: Call, analysis: Analysis) -> tuple[LogicalPlan, Attribute]:
    """Each row's own session. An empty or backward one is none, and an unknown bound neither."""
    metadata = _event_time_metadata(call.arguments[0], WINDOW_MARKS[1])
    added = analysis.ids.alias(call, SESSION_FUNCTION, metadata)
    column = added.to_attribute()
    is_session = Call(">", (GetField(column, 1), GetField(column, 0)), BOOLEAN)
    return Filter(Project(child, (*child.output, added)), is_session), column


def _parts(call: Call) -> _Window:
    time, *durations = call.arguments
    values = [d.value for d in durations if isinstance(d, Literal)]
    return _Window(time, values[0], values[1], values[2])


def _arguments(window: _Window) -> tuple[Expression, ...]:
    durations = (window.length_us, window.slide_us, window.start_us)
    return (window.time, *(Literal(value, LONG) for value in durations))


def _event_time_metadata(time: Expression, mark: str) -> Metadata:
    """A window over event time is event time itself, and is marked as a window."""
    inherited = [
        item
        for node in walk_expression(time)
        if isinstance(node, Attribute)
        for item in node.metadata
        if item[0] == DELAY_KEY
    ]
    return ((mark, True), *inherited[:1])
