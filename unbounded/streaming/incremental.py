"""Logical plan -> incremental plan: cuts the plan at its stateful operators and says what each of them keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from unbounded.analysis.context import Ids
from unbounded.errors import analysis_error, not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.plan.expressions import (
    AggregateCall,
    AggregateStep,
    Alias,
    Attribute,
    NamedExpression,
    PartialAggregate,
    to_attribute,
)
from unbounded.plan.logical import (
    Aggregate,
    Deduplicate,
    Filter,
    Generate,
    Input,
    Join,
    Limit,
    LogicalPlan,
    Project,
    SetOperation,
    Sort,
    StreamScan,
    SubqueryAlias,
    WithWatermark,
)
from unbounded.plan.tree import children, collect, contains, map_children, rewrite_down, walk
from unbounded.plan.unresolved import SetOperator
from unbounded.streaming.plans import (
    NEW,
    STATE,
    STORED,
    Feed,
    Fragment,
    IncrementalAggregate,
    IncrementalPlan,
    SourceFeed,
)

_STATELESS = (Project, Filter, Generate, SubqueryAlias, Input)
"""Run on the new rows alone."""


def incremental_plan(plan: LogicalPlan) -> IncrementalPlan:
    """The incremental form of a streaming query.

    Raises: SparkError for operators that cannot run on a stream (yet)
    """
    build = _Build(Ids(_highest_id(plan) + 1))
    output = build.fragment(plan)
    return IncrementalPlan(output, tuple(build.scans))


def is_streaming(plan: LogicalPlan) -> bool:
    return contains(plan, lambda node: isinstance(node, StreamScan))


def _highest_id(plan: LogicalPlan) -> int:
    return max((abs(node.id) for node in walk(plan) if isinstance(node, Attribute | Alias)), default=0)


@dataclass
class _Build:
    """One pass over a plan: fresh ids, the sources met, the operators numbered from the sink."""

    ids: Ids
    scans: list[StreamScan] = field(default_factory=list)
    operator_count: int = 0

    def fragment(self, plan: LogicalPlan) -> Fragment:
        feeds: dict[str, Feed] = {}
        return Fragment(cast(LogicalPlan, self._cut(plan, feeds)), feeds)

    def _cut(self, node: object, feeds: dict[str, Feed]) -> object:
        """`node` with every stream source and stateful operator below it replaced by an input."""
        if not isinstance(node, LogicalPlan) or not is_streaming(node):
            return node
        match node:
            case StreamScan():
                name = f"source{len(self.scans)}"
                feeds[name] = SourceFeed(len(self.scans), node)
                self.scans.append(node)
                return Input(name, node.output)
            case Aggregate():
                operator = self._aggregate(node)
                name = f"operator{operator.operator_id}"
                feeds[name] = operator
                return Input(name, node.output)
            case _:
                _refuse(node)
                return map_children(node, lambda child: self._cut(child, feeds))

    def _aggregate(self, aggregate: Aggregate) -> IncrementalAggregate:
        operator_id, self.operator_count = self.operator_count, self.operator_count + 1
        calls = list(dict.fromkeys(c for e in aggregate.expressions for c in collect(e, AggregateCall)))
        states = {call: self._state_columns(call) for call in calls}
        keys = tuple(to_attribute(g) for g in aggregate.grouping)
        columns = tuple(column for attributes in states.values() for column in attributes)
        below = self.fragment(aggregate.child)
        update = Aggregate(below.plan, aggregate.grouping, (*keys, *_updates(states)))
        return IncrementalAggregate(
            operator_id,
            Fragment(update, below.feeds),
            _merge(keys, states),
            _finish(aggregate, keys, states),
            (*keys, *columns),
            len(keys),
        )

    def _state_columns(self, call: AggregateCall) -> tuple[Attribute, ...]:
        function = REGISTRY.find(call.function)
        if function is None or function.state is None or call.is_distinct or call.order:
            raise not_supported(f"The aggregate {call.function} on a stream", "Use foreachBatch for it.")
        types = tuple(a.data_type for a in call.arguments)
        kept = (c.type(types) if callable(c.type) else c.type for c in function.state.columns)
        return tuple(self.ids.attribute(f"{call.function}{i}", data_type) for i, data_type in enumerate(kept))


States = dict[AggregateCall, tuple[Attribute, ...]]


def _updates(states: States) -> tuple[NamedExpression, ...]:
    return tuple(
        Alias(PartialAggregate(call, AggregateStep.UPDATE, column.data_type, i), column.id, column.name)
        for call, columns in states.items()
        for i, column in enumerate(columns)
    )


def _merge(keys: tuple[Attribute, ...], states: States) -> LogicalPlan:
    """Rows of state under the same key become one."""
    columns = tuple(column for attributes in states.values() for column in attributes)
    layout = (*keys, *columns)
    both = SetOperation(Input(NEW, layout), Input(STORED, layout), SetOperator.UNION, True, layout)
    merged = tuple(
        Alias(PartialAggregate(call, AggregateStep.MERGE, column.data_type, i, (column,)), column.id, column.name)
        for call, attributes in states.items()
        for i, column in enumerate(attributes)
    )
    return Aggregate(both, keys, (*keys, *merged))


def _finish(aggregate: Aggregate, keys: tuple[Attribute, ...], states: States) -> LogicalPlan:
    """The aggregate's output columns from rows of state."""
    columns = tuple(column for attributes in states.values() for column in attributes)

    def finished(node: object) -> object | None:
        if isinstance(node, AggregateCall):
            return PartialAggregate(node, AggregateStep.FINISH, node.data_type, state=states[node])
        return None

    expressions = tuple(rewrite_down(e, finished) for e in aggregate.expressions)
    return Project(Input(STATE, (*keys, *columns)), expressions)


def _refuse(node: LogicalPlan) -> None:
    """Operators on streams that this engine does not run yet, or that Spark does not run."""
    if isinstance(node, Sort) and contains(node, lambda below: isinstance(below, Aggregate)):
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
    names = {WithWatermark: "withWatermark", Deduplicate: "dropDuplicates", Limit: "limit", Sort: "sort"}
    shown = names.get(type(node), type(node).__name__)
    raise not_supported(f"{shown} on a stream", "It comes with the streaming engine's next release.")


def _streaming_sides(node: LogicalPlan) -> int:
    return sum(1 for child in children(node) if isinstance(child, LogicalPlan) and is_streaming(child))
