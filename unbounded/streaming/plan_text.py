"""What `query.explain()` prints: the incremental plan, stateful operators by Spark's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.connectors.streams import OutputMode
from unbounded.functions.naming import pretty_name
from unbounded.functions.plan_text import Branch, name_list, plan_branch, render_tree
from unbounded.plan.logical import Input, LogicalPlan
from unbounded.streaming.operators.dispatch import operator_name
from unbounded.streaming.plans import (
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

NOT_PLANNED = "No physical plan. Waiting for data."
"""Before the first batch."""


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A query's plan, analysed and incremental."""

    logical: LogicalPlan
    incremental: IncrementalPlan
    mode: OutputMode

    def logical_text(self) -> str:
        return render_tree(plan_branch(self.logical))

    def explain(self, sources: Sequence[str], *, is_extended: bool) -> str:
        """The plan as it runs, reading `sources`; if `is_extended` the analysed one above it."""
        physical = f"== Physical Plan ==\n{render_tree(self.branch(sources))}"
        return f"== Analyzed Logical Plan ==\n{self.logical_text()}\n{physical}" if is_extended else physical

    def branch(self, sources: Sequence[str]) -> Branch:
        """The plan as it runs; what stands for a source or an operator names it (`SourceFeed`, `StatefulOperator`).

        `counted` is what `StreamingQuery.row_count` takes.
        """
        return _Branches(self.mode, sources).of_fragment(self.incremental.output)


@dataclass(frozen=True, slots=True)
class _Branches:
    mode: OutputMode
    sources: Sequence[str]

    def of_fragment(self, fragment: Fragment) -> Branch:
        def feed(node: Input) -> Branch | None:
            found = fragment.feeds.get(node.name)
            return None if found is None else self._of_feed(found)

        branch = plan_branch(fragment.plan, feed)
        branch.counted = branch.counted or fragment
        return branch

    def _of_feed(self, feed: Feed) -> Branch:
        match feed:
            case SourceFeed(position=position, scan=scan, condition=condition):
                kept = "" if condition is None else f", filters {pretty_name(condition)}"
                return Branch(f"MicroBatchScan {self.sources[position]} {name_list(scan.output)}{kept}", (), feed)
            case WatermarkNode(column=column, delay_ms=delay_ms, below=below):
                name = below.plan.output[column].name
                text = f"EventTimeWatermark {name}, {delay_ms / 1000:g} seconds"
                return Branch(text, [self.of_fragment(below)], keeps_count=True)
            case ObserverNode(name=name, metrics=metrics, below=below):
                text = f"CollectMetrics {name}, {name_list(metrics.output)}"
                return Branch(text, [self.of_fragment(below)], keeps_count=True)
            case operator:
                return Branch(_operator_line(operator, self.mode), [self.of_fragment(operator.below)], operator)


def _operator_line(operator: StatefulOperator, mode: OutputMode) -> str:
    match operator:
        case IncrementalAggregate(state=state, key_count=count) | IncrementalSessions(state=state, key_count=count):
            told = f"{name_list(state[:count])}, {name_list(state[count:])}"
        case IncrementalDeduplicate(keys=keys, below=below):
            told = name_list([below.plan.output[key] for key in keys])
        case IncrementalLimit(row_count=row_count):
            told = str(row_count)
    name = operator_name(operator)
    return f"{name[0].upper()}{name[1:]} {told}, state [opId = {operator.operator_id}], {mode.value.capitalize()}"
