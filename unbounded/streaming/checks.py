"""What Spark refuses when a streaming query starts, in its order and with its sentences, and what it refuses when the
query runs. A watermark above another one is refused by `microbatch`, as it depends on the rows."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan.event_time import delay_ms_of
from unbounded.plan.expressions import AggregateCall, Alias, Call, Expression, PythonCall, WindowCall, to_attribute
from unbounded.plan.logical import (
    Aggregate,
    Deduplicate,
    Join,
    Limit,
    LogicalPlan,
    MergeSessions,
    Sample,
    SetOperation,
    Sort,
)
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import children, collect, walk_expression
from unbounded.plan.unresolved import JoinKind, SetOperator

_CORRECTNESS = (
    "Detected pattern of possible 'correctness' issue due to global watermark. The query contains stateful operation "
    'which can emit rows older than the current watermark plus allowed late record delay, which are "late rows" in '
    "downstream stateful operations and these rows can be discarded. Please refer the programming guide doc for more "
    "details. If you understand the possible risk of correctness issue and still need to run the query, you can "
    "disable this check by setting the config `spark.sql.streaming.statefulOperator.checkCorrectness.enabled` to false."
)

_OUTER = frozenset({JoinKind.LEFT_OUTER, JoinKind.RIGHT_OUTER, JoinKind.FULL_OUTER})


def parse_output_mode(text: str) -> OutputMode:
    """Raises: SparkError STREAMING_OUTPUT_MODE.INVALID"""
    wanted = text.lower() or OutputMode.APPEND.value
    found = next((mode for mode in OutputMode if mode.value == wanted), None)
    if found is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "STREAMING_OUTPUT_MODE.INVALID", {"outputMode": text})
    return found


def check_streaming_query(plan: LogicalPlan, mode: OutputMode, *, checks_correctness: bool = True) -> None:
    """Raises: SparkError (an AnalysisException) for a query that cannot run as a stream in `mode`"""
    if not is_streaming(plan):
        raise analysis_error("WRITE_STREAM_NOT_ALLOWED")
    _check_mode([a for a in collect(plan, Aggregate) if is_streaming(a)], mode)
    for node in _bottom_up(plan):
        _check_node(node, mode)
    if checks_correctness:
        _check_correctness(plan, mode)


def check_running_query(plan: LogicalPlan) -> None:
    """Of a query that has started. Raises: SparkError for what Spark cannot plan"""
    for aggregate in (node for node in _bottom_up(plan) if isinstance(node, Aggregate)):
        if isinstance(aggregate.child, MergeSessions) and len(aggregate.grouping) == 1:
            raise _unsupported("Global aggregation with session window in streaming query is not supported.")
        if any(call.is_aggregate for e in aggregate.expressions for call in collect(e, PythonCall)):
            raise _unsupported("Streaming aggregation doesn't support group aggregate pandas UDF")


def _check_mode(aggregates: list[Aggregate], mode: OutputMode) -> None:
    top = aggregates[0] if aggregates else None
    match mode:
        case OutputMode.APPEND if top is not None and not _groups_by_event_time(top):
            raise _unsupported_mode(mode, "streaming aggregations without watermark")
        case OutputMode.UPDATE if top is not None and isinstance(top.child, MergeSessions):
            raise _unsupported_mode(mode, "session window streaming aggregations")
        case OutputMode.COMPLETE if top is None:
            raise _unsupported_mode(mode, "no streaming aggregations")


def _groups_by_event_time(aggregate: Aggregate) -> bool:
    return any(delay_ms_of(to_attribute(g)) is not None for g in aggregate.grouping)


def _bottom_up(plan: LogicalPlan) -> Iterator[LogicalPlan]:
    """Nodes over streams."""
    for child in children(plan):
        if isinstance(child, LogicalPlan):
            yield from _bottom_up(child)
    if is_streaming(plan):
        yield plan


def _check_node(node: LogicalPlan, mode: OutputMode) -> None:
    match node:
        case Aggregate(expressions=expressions):
            if any(call.is_distinct for e in expressions for call in collect(e, AggregateCall)):
                raise _unsupported(
                    "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using "
                    "approx_count_distinct() instead."
                )
        case Join():
            _check_join(node, mode)
        case Deduplicate(is_within_watermark=True) if not _has_event_time(node.child):
            raise _unsupported(
                "dropDuplicatesWithinWatermark is not supported on streaming DataFrames/DataSets without watermark"
            )
        case SetOperation():
            _check_set_operation(node)
        case Limit():
            if node.count is not None and mode is OutputMode.UPDATE:
                raise _unsupported("Limits are not supported on streaming DataFrames/Datasets in Update output mode")
            if node.offset:
                raise _unsupported("Offset is not supported on streaming DataFrames/Datasets")
        case Sort() if not (mode is OutputMode.COMPLETE and _has_aggregate(node.child)):
            raise _unsupported(
                "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated "
                "DataFrame/Dataset in Complete output mode"
            )
        case Sample():
            raise _unsupported("Sampling is not supported on streaming DataFrames/Datasets")
    _check_expressions(node)


def _check_expressions(node: LogicalPlan) -> None:
    for expression in children(node):
        if not isinstance(expression, Expression):
            continue
        for part in walk_expression(expression):
            if isinstance(part, WindowCall):
                raise _window_refused(part, expression)
            if isinstance(part, Call) and part.function == "monotonically_increasing_id":
                raise _unsupported(
                    "Expression(s): monotonically_increasing_id() is not supported with streaming DataFrames/Datasets"
                )


def _window_refused(window: WindowCall, column: Expression) -> SparkError:
    shown = pretty_name(window)
    function, _, specification = shown.partition(" OVER ")
    name = column.name if isinstance(column, Alias) else shown
    return analysis_error(
        "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING",
        windowFunc=function.upper(),
        columnName=f"`{name}`",
        windowSpec=specification.upper(),
    )


def _check_join(join: Join, mode: OutputMode) -> None:
    left, right = is_streaming(join.left), is_streaming(join.right)
    kind = join.kind
    if left and right:
        allowed = "Append and Update output modes" if kind is JoinKind.INNER else "Append output mode"
        if mode is OutputMode.COMPLETE or (mode is OutputMode.UPDATE and kind in _OUTER):
            raise _unsupported(
                f"{_shown_kind(kind)} join between two streaming DataFrames/Datasets is not supported in "
                f"{mode.value.capitalize()} output mode, only in {allowed}"
            )
        if kind is JoinKind.LEFT_ANTI:
            raise _unsupported("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported")
    elif kind is JoinKind.FULL_OUTER:
        stream, static = ("left", "right") if left else ("right", "left")
        raise _unsupported(
            f"FullOuter joins with streaming DataFrames/Datasets on the {stream} and a static DataFrame/Dataset on "
            f"the {static} is not supported"
        )
    elif right and kind is JoinKind.LEFT_ANTI:
        raise _unsupported("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported")
    elif right and kind in (JoinKind.LEFT_OUTER, JoinKind.LEFT_SEMI):
        raise _unsupported(
            f"{_shown_kind(kind)} join with a streaming DataFrame/Dataset on the right and a static "
            "DataFrame/Dataset on the left is not supported"
        )
    elif left and kind is JoinKind.RIGHT_OUTER:
        raise _unsupported(
            "RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/DataSet on the "
            "right not supported"
        )


def _shown_kind(kind: JoinKind) -> str:
    """`LeftOuter`"""
    return kind.value.title().replace(" ", "")


def _check_set_operation(node: SetOperation) -> None:
    left, right = is_streaming(node.left), is_streaming(node.right)
    match node.operator:
        case SetOperator.UNION if left != right:
            raise _unsupported("Union between streaming and batch DataFrames/Datasets is not supported")
        case SetOperator.EXCEPT if right:
            raise _unsupported("Except on a streaming DataFrame/Dataset on the right is not supported")
        case SetOperator.INTERSECT:
            raise _unsupported("Intersect of streaming DataFrames/Datasets is not supported")


def _check_correctness(plan: LogicalPlan, mode: OutputMode) -> None:
    """A stateful operator above an aggregate that may change what it has given."""
    if mode is OutputMode.APPEND:
        return
    for node in _bottom_up(plan):
        is_counted = isinstance(node, Aggregate) or (
            isinstance(node, Deduplicate)
            and (node.is_within_watermark or any(delay_ms_of(key) is not None for key in node.keys))
        )
        below = [child for child in children(node) if isinstance(child, LogicalPlan)]
        if is_counted and any(map(_has_aggregate, below)):
            raise _unsupported(_CORRECTNESS)


def _has_aggregate(plan: LogicalPlan) -> bool:
    return any(is_streaming(aggregate) for aggregate in collect(plan, Aggregate))


def _has_event_time(plan: LogicalPlan) -> bool:
    return any(delay_ms_of(attribute) is not None for attribute in plan.output)


def _unsupported(sentence: str) -> SparkError:
    return analysis_error("_LEGACY_ERROR_TEMP_3102", msg=sentence)


def _unsupported_mode(mode: OutputMode, operation: str) -> SparkError:
    return analysis_error("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", outputMode=mode.value, operation=operation)
