"""`window(time, …)` in a query: computed in a projection below, so that every use is the same `window` column.

Tumbling windows add one column; sliding ones multiply the rows. Rows whose time is NULL fall out, as in Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.analysis.context import Analysis
from unbounded.analysis.watermarks import DELAY_KEY
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan.expressions import (
    Alias,
    Attribute,
    Call,
    Expression,
    GeneratorCall,
    Literal,
    Metadata,
    NamedExpression,
)
from unbounded.plan.logical import Filter, Generate, LogicalPlan, Project
from unbounded.plan.tree import rewrite, walk
from unbounded.types.datatypes import BOOLEAN, LONG, ArrayType, StructField, StructType

WINDOW_FUNCTION = "window"


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
        return StructType((StructField("start", self.time.data_type), StructField("end", self.time.data_type)))


def plan_time_windows(
    child: LogicalPlan, expressions: Sequence[NamedExpression], analysis: Analysis
) -> tuple[LogicalPlan, tuple[NamedExpression, ...]]:
    """`child` with the window column added, and `expressions` reading it; both unchanged without a window call.

    Raises: SparkError for more than one kind of window in a query
    """
    calls = {node for e in expressions for node in walk(e) if isinstance(node, Call) and node.function == WINDOW_FUNCTION}
    if not calls:
        return child, tuple(expressions)
    if len(calls) > 1:
        raise analysis_error("_LEGACY_ERROR_TEMP_1039")
    (call,) = calls
    plan, column = _add_window(child, call, analysis)

    def read_column(node: object) -> object:
        if node == call:
            return column
        if isinstance(node, Alias) and node.child == column and node.name == pretty_name(call):
            return column
        return node

    return plan, tuple(rewrite(e, read_column) for e in expressions)


def _add_window(child: LogicalPlan, call: Call, analysis: Analysis) -> tuple[LogicalPlan, Attribute]:
    window = _parts(call)
    metadata = _event_time_metadata(window.time)
    rows = Filter(child, Call("isnotnull", (window.time,), BOOLEAN, False))
    if window.is_tumbling:
        bounds = Call("tumbling_window", _arguments(window), window.struct_type, False)
        added = analysis.ids.alias(bounds, WINDOW_FUNCTION, metadata)
        return Project(rows, (*child.output, added)), added.to_attribute()
    column = analysis.ids.attribute(WINDOW_FUNCTION, window.struct_type, False, metadata)
    windows = Call("sliding_windows", _arguments(window), ArrayType(window.struct_type, False), False)
    field = StructField("col", window.struct_type, False)
    return Generate(rows, GeneratorCall("explode", (windows,), (field,)), False, (column,)), column


def _parts(call: Call) -> _Window:
    time, *durations = call.arguments
    values = [d.value for d in durations if isinstance(d, Literal)]
    return _Window(time, values[0], values[1], values[2])


def _arguments(window: _Window) -> tuple[Expression, ...]:
    durations = (window.length_us, window.slide_us, window.start_us)
    return (window.time, *(Literal(value, LONG) for value in durations))


def _event_time_metadata(time: Expression) -> Metadata:
    """A window over event time is event time itself, and is marked as a window."""
    inherited = [
        item for node in walk(time) if isinstance(node, Attribute) for item in node.metadata if item[0] == DELAY_KEY
    ]
    return (("spark.timeWindow", True), *inherited[:1])
