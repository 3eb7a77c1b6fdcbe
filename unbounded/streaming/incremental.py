"""Logical plan -> incremental plan: cuts the plan at its operators and says what each of them keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from unbounded.analysis.context import Ids
from unbounded.analysis.over_groups import GROUPING_FUNCTIONS
from unbounded.connectors.streams import OutputMode
from unbounded.errors import analysis_error, not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.plan.event_time import delay_ms_of
from unbounded.plan.expressions import (
    AggregateCall,
    AggregateStep,
    Alias,
    Attribute,
    Call,
    Expression,
    Literal,
    NamedExpression,
    PartialAggregate,
    SortOrder,
    to_attribute,
    unaliased,
)
from unbounded.plan.logical import (
    Aggregate,
    CoGroupMap,
    CollectMetrics,
    Deduplicate,
    Filter,
    Generate,
    GroupMap,
    Input,
    Join,
    Limit,
    LogicalPlan,
    MapPartitions,
    MergeSessions,
    OneRow,
    Project,
    SetOperation,
    Sort,
    StreamScan,
    SubqueryAlias,
    WithWatermark,
)
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import children, collect, contains, map_children, rewrite_down, walk
from unbounded.plan.unresolved import SetOperator
from unbounded.streaming.filters import push_filters_below_watermarks
from unbounded.streaming.plans import (
    NEW,
    STORED,
    Feed,
    Fragment,
    IncrementalAggregate,
    IncrementalDeduplicate,
    IncrementalLimit,
    IncrementalPlan,
    IncrementalSessions,
    ObserverNode,
    SourceFeed,
    StatefulOperator,
    WatermarkNode,
)
from unbounded.streaming.pushed_filters import is_for_reader, push_filters_into_sources
from unbounded.streaming.shown_order import (
    Shown,
    distinct_in_order,
    find_shown,
    first_seen_column,
    in_order_seen,
    with_first_seen,
)
from unbounded.types.datatypes import BOOLEAN, LONG, STRING, StructType

_STATELESS = (Project, Filter, Generate, SubqueryAlias, Input, MapPartitions, GroupMap, CoGroupMap)
"""Run on the new rows alone."""


def incremental_plan(
    plan: LogicalPlan, mode: OutputMode, *, shown_partition_count: int | None = None
) -> IncrementalPlan:
    """The incremental form of a streaming query.

    With `shown_partition_count` each batch gives its rows in the order in which Spark shows those of so many shuffle
    partitions, as far as that follows from the order of the input (`shown_order`).

    Raises: SparkError for operators that cannot run on a stream (yet)
    """
    plan = push_filters_into_sources(push_filters_below_watermarks(plan))
    shown = None if shown_partition_count is None else find_shown(plan)
    build = _Build(Ids(_highest_id(plan) + 1), plan, mode, shown, shown_partition_count or 1)
    output = build.fragment(plan)
    return IncrementalPlan(output, tuple(build.scans), tuple(build.reads))


def _highest_id(plan: LogicalPlan) -> int:
    return max((abs(node.id) for node in walk(plan) if isinstance(node, Attribute | Alias)), default=0)


@dataclass
class _Build:
    """One pass over a plan: fresh ids, the sources met, the operators numbered from the sink."""

    ids: Ids
    root: LogicalPlan
    mode: OutputMode
    shown: Shown | None
    partition_count: int
    scans: list[StreamScan] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    operator_count: int = 0
    watermark_count: int = 0

    def fragment(self, plan: LogicalPlan) -> Fragment:
        feeds: dict[str, Feed] = {}
        return Fragment(cast(LogicalPlan, self._cut(plan, feeds)), feeds)

    def _cut(self, node: object, feeds: dict[str, Feed]) -> object:
        """`node` with every stream source and stateful operator below it replaced by an input."""
        if not isinstance(node, LogicalPlan) or not is_streaming(node):
            return node
        match node:
            case StreamScan():
                return self._source(node, None, feeds)
            case Filter(child=StreamScan() as scan) if is_for_reader(node):
                return self._source(scan, node.condition, feeds)
            case WithWatermark():
                watermark = self._watermark(node)
                name = f"watermark{watermark.number}"
                feeds[name] = watermark
                return Input(name, node.output)
            case CollectMetrics(name=name, metrics=metrics):
                observed = Aggregate(Input(NEW, node.output), (), metrics)
                feeds[f"observer {name}"] = ObserverNode(name, self.fragment(node.child), observed)
                return Input(f"observer {name}", node.output)
            case Aggregate(child=MergeSessions() as sessions):
                return self._aggregated(*self._sessions(node, sessions), feeds)
            case Aggregate():
                return self._aggregated(*self._aggregate(node), feeds)
            case Deduplicate():
                return _fed_by(self._deduplicate(node), node.output, feeds)
            case Limit(count=0) if not self._is_of_whole_result(node):
                return self._nothing(node)
            case Limit() if not self._is_of_whole_result(node):
                return _fed_by(self._limit(node), node.output, feeds)
            case _:
                _refuse(node)
                return map_children(node, lambda child: self._cut(child, feeds))

    def _source(self, scan: StreamScan, condition: Expression | None, feeds: dict[str, Feed]) -> Input:
        name, position = f"source{len(self.reads)}", self._position(scan)
        self.reads.append(position)
        feeds[name] = SourceFeed(position, scan, condition)
        return Input(name, scan.output)

    def _position(self, scan: StreamScan) -> int:
        """Where its source is among those met; a stream that was read before is the same source."""
        known = (i for i, other in enumerate(self.scans) if other.source is scan.source)
        position = next(known, len(self.scans))
        if position == len(self.scans):
            self.scans.append(scan)
        return position

    def _aggregated(
        self, operator: IncrementalAggregate | IncrementalSessions, finish: Finish, feeds: dict[str, Feed]
    ) -> LogicalPlan:
        return finish(_fed_by(operator, operator.state, feeds))

    def _next_operator(self) -> int:
        number, self.operator_count = self.operator_count, self.operator_count + 1
        return number

    def _watermark(self, node: WithWatermark) -> WatermarkNode:
        number, self.watermark_count = self.watermark_count, self.watermark_count + 1
        position = [a.id for a in node.output].index(node.event_time.id)
        return WatermarkNode(number, self.fragment(node.child), position, node.delay_us // 1000)

    def _deduplicate(self, node: Deduplicate) -> IncrementalDeduplicate:
        """Rows are late by an event time that somebody above reads, as after Spark's pruning of columns."""
        operator_id = self._next_operator()
        output = node.child.output
        keys = tuple([a.id for a in output].index(key.id) for key in node.keys)
        times = [i for i, a in enumerate(output) if delay_ms_of(a) is not None]
        event_keys = [position for position in keys if position in times]
        has_watermark = _has_watermark(node.child)
        if node.is_within_watermark:
            late = expiry = times[0] if times else None
        else:
            expiry = event_keys[0] if event_keys else None
            read = [i for i in times if i in keys or _is_read_above(self.root, node, output[i].id)]
            late = read[0] if read else None
        delay_ms = (delay_ms_of(output[expiry]) or 0) if expiry is not None and node.is_within_watermark else 0
        distinct: LogicalPlan = Deduplicate(Input(NEW, output), node.keys)
        if node is self.shown:
            distinct = distinct_in_order(Input(NEW, output), node.keys, self.partition_count, self.ids)
        below = self.fragment(node.child)
        if not has_watermark:
            late = expiry = None
        late_rows = None if late is None else self._late_rows(below.plan, output[late])
        return IncrementalDeduplicate(
            operator_id,
            below,
            distinct,
            keys,
            late,
            expiry,
            delay_ms,
            node.is_within_watermark,
            has_watermark,
            late_rows,
        )

    def _limit(self, node: Limit) -> IncrementalLimit:
        operator_id = self._next_operator()
        if not isinstance(node.count, int):
            raise not_supported("A limit that is not a constant on a stream", "Give limit() a number.")
        return IncrementalLimit(operator_id, self.fragment(node.child), node.count, _has_watermark(node.child))

    def _nothing(self, node: Limit) -> LogicalPlan:
        """The sources below are asked for offsets, but nobody reads their rows."""
        operator_count = self.operator_count
        self.fragment(node.child)
        self.operator_count = operator_count
        absent = tuple(Alias(Literal(None, a.data_type), a.id, a.name, a.metadata) for a in node.output)
        return Project(Filter(OneRow(), Literal(False, BOOLEAN)), absent)

    def _is_of_whole_result(self, node: Limit) -> bool:
        """In complete mode a limit above an aggregate cuts every batch's whole result."""
        return self.mode is OutputMode.COMPLETE and contains(node.child, lambda below: isinstance(below, Aggregate))

    def _aggregate(self, aggregate: Aggregate) -> tuple[IncrementalAggregate, Finish]:
        """The operator, and how result rows are made of its rows of state."""
        operator_id = self._next_operator()
        calls = list(dict.fromkeys(c for e in aggregate.expressions for c in collect(e, AggregateCall)))
        states = {call: self._state_columns(call) for call in calls}
        groups = tuple(to_attribute(g) for g in aggregate.grouping)
        marks = self._grouping_marks(aggregate, groups)
        keys = (*groups, *(mark.to_attribute() for mark in marks))
        columns = tuple(column for attributes in states.values() for column in attributes)
        below = self.fragment(aggregate.child)
        rows, outputs = below.plan, (*groups, *marks, *_updates(states))
        merge: LogicalPlan = _merge(keys, states)
        is_shown = aggregate is self.shown
        if is_shown:
            rows, outputs = with_first_seen(rows, outputs, self.ids)
            first_seen = first_seen_column(self.ids)
            merge = in_order_seen(_merge(keys, states, first_seen), keys, first_seen, self.partition_count, self.ids)
        update = Aggregate(rows, aggregate.grouping, outputs, aggregate.kind, aggregate.grouping_sets)
        event_key = next((i for i, key in enumerate(keys) if delay_ms_of(key) is not None), None)
        has_watermark = _has_watermark(aggregate.child)
        operator = IncrementalAggregate(
            operator_id,
            Fragment(update, below.feeds),
            merge,
            (*keys, *columns),
            len(keys),
            event_key,
            has_watermark,
            self._late_rows(below.plan, unaliased(aggregate.grouping[event_key]))
            if has_watermark and event_key is not None
            else None,
            is_shown,
        )
        return operator, _finish(aggregate, states, {mark.child: mark.to_attribute() for mark in marks})

    def _sessions(self, aggregate: Aggregate, merging: MergeSessions) -> tuple[IncrementalSessions, Finish]:
        """Rows become sessions of one row, then sessions of a key that touch become one."""
        operator_id = self._next_operator()
        rows = merging.child.output

        def of_row(node: object) -> object | None:
            return merging.session if isinstance(node, Attribute) and node.id == merging.merged.id else None

        calls = list(dict.fromkeys(c for e in aggregate.expressions for c in collect(e, AggregateCall)))
        states = {call: self._state_columns(call) for call in calls}
        grouping = tuple(cast(NamedExpression, rewrite_down(g, of_row)) for g in aggregate.grouping)
        groups = tuple(to_attribute(g) for g in aggregate.grouping)
        bare = list(map(unaliased, aggregate.grouping))
        position = next(i for i, g in enumerate(bare) if isinstance(g, Attribute) and g.id == merging.merged.id)
        named = tuple(Alias(unaliased(g), a.id, a.name, a.metadata) for g, a in zip(grouping, groups, strict=True))
        updates = tuple(cast(NamedExpression, rewrite_down(u, of_row)) for u in _updates(states))
        update = Aggregate(Input(NEW, rows), named, (*groups, *updates))
        below = self.fragment(merging.child)
        has_watermark = _has_watermark(merging.child)
        operator = IncrementalSessions(
            operator_id,
            below,
            [a.id for a in rows].index(merging.session.id),
            update,
            self._merge_sessions(groups, position, states),
            (*groups, *(column for attributes in states.values() for column in attributes)),
            len(groups),
            position,
            has_watermark,
            self._late_rows(below.plan, merging.session) if has_watermark else None,
        )
        return operator, _finish(aggregate, states, {})

    def _late_rows(self, below: LogicalPlan, event: Expression) -> LogicalPlan:
        row = Call("struct", below.output, StructType(tuple(a.to_field() for a in below.output)))
        document = Call("to_json", (row,), STRING)
        return Project(below, (Alias(event, self.ids.take(), "event"), Alias(document, self.ids.take(), "row")))

    def _merge_sessions(self, groups: tuple[Attribute, ...], position: int, states: States) -> LogicalPlan:
        columns = tuple(column for attributes in states.values() for column in attributes)
        layout = (*groups, *columns)
        both = SetOperation(Input(STORED, layout), Input(NEW, layout), SetOperator.UNION, True, layout)
        session = groups[position]
        keys = tuple(group for group in groups if group.id != session.id)
        whole = self.ids.attribute(session.name, session.data_type, False)
        outputs = tuple(Alias(whole, g.id, g.name, g.metadata) if g is session else g for g in groups)
        merged = Aggregate(MergeSessions(both, session, keys, whole), (*keys, whole), (*outputs, *_merges(states)))
        return Sort(merged, tuple(map(SortOrder, keys)))

    def _grouping_marks(self, aggregate: Aggregate, groups: tuple[Attribute, ...]) -> tuple[Alias, ...]:
        """With grouping sets a group is also told by the keys it leaves out, and by what the query asks about them."""
        if aggregate.grouping_sets is None:
            return ()
        asked = [c for e in aggregate.expressions for c in collect(e, Call) if c.function in GROUPING_FUNCTIONS]
        left_out = Call("grouping_id", groups, LONG, False)
        return tuple(Alias(call, self.ids.take(), call.function) for call in dict.fromkeys((left_out, *asked)))

    def _state_columns(self, call: AggregateCall) -> tuple[Attribute, ...]:
        function = REGISTRY.find(call.function)
        if function is None or function.state is None or call.is_distinct or call.order:
            raise not_supported(f"The aggregate {call.function} on a stream", "Use foreachBatch for it.")
        types = tuple(a.data_type for a in call.arguments)
        return tuple(
            self.ids.attribute(c.name or call.function, c.type(types) if callable(c.type) else c.type, c.nullable)
            for c in function.state.columns
        )


def _has_watermark(plan: LogicalPlan) -> bool:
    return contains(plan, lambda node: isinstance(node, WithWatermark))


def _is_read_above(root: LogicalPlan, target: LogicalPlan, column_id: int) -> bool:
    """Whether the column `column_id` that `target` gives is used by a node above it, or is part of the result."""
    path = _path_to(root, target)
    for node in path:
        if any(a.id == column_id for part in _without_inputs(node) for a in collect(part, Attribute)):
            return True
    makes_columns = any(isinstance(node, Project | Aggregate) for node in path)
    return not makes_columns and any(a.id == column_id for a in root.output)


def _path_to(root: LogicalPlan, target: LogicalPlan) -> list[LogicalPlan]:
    """The nodes above `target`, which is part of `root`."""
    for child in children(root):
        if child is target:
            return [root]
        if isinstance(child, LogicalPlan):
            below = _path_to(child, target)
            if below:
                return [root, *below]
    return []


def _without_inputs(node: LogicalPlan) -> tuple[object, ...]:
    return tuple(child for child in children(node) if not isinstance(child, LogicalPlan))


States = dict[AggregateCall, tuple[Attribute, ...]]


def _updates(states: States) -> tuple[NamedExpression, ...]:
    return tuple(
        Alias(PartialAggregate(call, AggregateStep.UPDATE, column.data_type, i), column.id, column.name)
        for call, columns in states.items()
        for i, column in enumerate(columns)
    )


def _merge(keys: tuple[Attribute, ...], states: States, *further: Attribute) -> Aggregate:
    """Rows of state under the same key become one. `further` columns of the inputs come behind."""
    columns = tuple(column for attributes in states.values() for column in attributes)
    layout = (*keys, *columns, *further)
    both = SetOperation(Input(STORED, layout), Input(NEW, layout), SetOperator.UNION, True, layout)
    return Aggregate(both, keys, (*keys, *_merges(states)))


def _merges(states: States) -> tuple[NamedExpression, ...]:
    return tuple(
        Alias(PartialAggregate(call, AggregateStep.MERGE, column.data_type, i, (column,)), column.id, column.name)
        for call, attributes in states.items()
        for i, column in enumerate(attributes)
    )


Finish = Callable[[Input], LogicalPlan]
"""Makes result rows of rows of state."""


def _fed_by(operator: StatefulOperator, columns: tuple[Attribute, ...], feeds: dict[str, Feed]) -> Input:
    name = f"operator{operator.operator_id}"
    feeds[name] = operator
    return Input(name, columns)


def _finish(aggregate: Aggregate, states: States, marks: Mapping[Expression, Attribute]) -> Finish:
    """The aggregate's output columns from rows of state."""

    def finished(node: object) -> object | None:
        if isinstance(node, AggregateCall):
            return PartialAggregate(
                node, AggregateStep.FINISH, node.data_type, state=states[node], nullable=node.nullable
            )
        return marks.get(node) if isinstance(node, Call) else None

    expressions = tuple(rewrite_down(e, finished) for e in aggregate.expressions)
    return lambda rows: Project(rows, expressions)


def _refuse(node: LogicalPlan) -> None:
    """Operators on streams that this engine does not run yet, or that Spark does not run."""
    if isinstance(node, Sort | Limit) and contains(node, lambda below: isinstance(below, Aggregate | Deduplicate)):
        return
    if isinstance(node, _STATELESS) or (isinstance(node, Join) and _streaming_sides(node) == 1):
        return
    if isinstance(node, SetOperation) and node.operator is SetOperator.UNION and node.is_all:
        if _streaming_sides(node) == 1:
            raise analysis_error(
                "UNBOUNDED_NOT_SUPPORTED",
                feature="Union between streaming and batch DataFrames/Datasets",
                hint="Read both as streams or both as batches.",
            )
        return
    shown = "sort" if isinstance(node, Sort) else type(node).__name__
    raise not_supported(f"{shown} on a stream", "It comes with the streaming engine's next release.")


def _streaming_sides(node: LogicalPlan) -> int:
    return sum(1 for child in children(node) if isinstance(child, LogicalPlan) and is_streaming(child))
