"""Logical plans as a tree of lines, as `explain` shows them. Names are Spark's where Spark has the node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from unbounded.functions.naming import pretty_name, sort_order_name
from unbounded.plan.expressions import Expression
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
    LocalRelation,
    LogicalPlan,
    MapPartitions,
    Project,
    Range,
    Sample,
    Scan,
    SetOperation,
    Sort,
    StreamScan,
    SubqueryAlias,
    Tail,
    WithWatermark,
)
from unbounded.plan.tree import children

LONGEST = 120
"""Characters of a line's list of expressions before it is cut."""

Branches = Iterator["Branch"]


class Branch:
    """One line of a tree, and the branches below it. `stands_for`: what no plan shows, such as a source.

    `keeps_count`: it has as many rows as the one branch below. `counted`: who counts its rows while a query runs.
    """

    def __init__(
        self, text: str, below: Iterable[Branch] = (), stands_for: object = None, *, keeps_count: bool = False
    ) -> None:
        self.text = text
        self.below = tuple(below)
        self.stands_for = stands_for
        self.keeps_count = keeps_count
        self.counted = stands_for


def plan_branch(plan: LogicalPlan, feed: Callable[[Input], Branch | None] = lambda _: None) -> Branch:
    """`plan` with what is below it; `feed` says what stands for one of its inputs."""
    if isinstance(plan, Input):
        return feed(plan) or Branch(_line(plan))
    below = (child for child in children(plan) if isinstance(child, LogicalPlan))
    keeps_count = isinstance(plan, Project | SubqueryAlias | WithWatermark | CollectMetrics | Sort)
    return Branch(_line(plan), [plan_branch(child, feed) for child in below], keeps_count=keeps_count)


def render_tree(root: Branch) -> str:
    """The tree as lines, each ending with a line feed."""
    return "".join(f"{line}\n" for line in _lines(root, "", ""))


def _lines(branch: Branch, first: str, further: str) -> Iterator[str]:
    yield first + branch.text
    for number, child in enumerate(branch.below, 1):
        is_last = number == len(branch.below)
        yield from _lines(child, further + ("+- " if is_last else ":- "), further + ("   " if is_last else ":  "))


def _line(plan: LogicalPlan) -> str:
    match plan:
        case Project(expressions=expressions):
            return f"Project {name_list(expressions)}"
        case Filter(condition=condition):
            return f"Filter {pretty_name(condition)}"
        case Aggregate(grouping=grouping, expressions=expressions):
            return f"Aggregate {name_list(grouping)}, {name_list(expressions)}"
        case Join(kind=kind, condition=condition):
            name = kind.name.title().replace("_", "")
            return f"Join {name}" + ("" if condition is None else f", {pretty_name(condition)}")
        case SetOperation(operator=operator, is_all=is_all):
            return operator.name.title() + (" All" if is_all else "")
        case Sort(order=order):
            return f"Sort [{', '.join(map(sort_order_name, order))}]"
        case Limit(count=count, offset=offset):
            parts = ("Limit", "" if count is None else str(count), f"offset {offset}" if offset else "")
            return " ".join(filter(None, parts))
        case Tail(count=count):
            return f"Tail {count}"
        case Generate(generator=generator, generated=generated, is_outer=is_outer):
            outer = ", outer" if is_outer else ""
            return f"Generate {pretty_name(generator)}{outer}, {name_list(generated)}"
        case Deduplicate(keys=keys, is_within_watermark=is_within):
            return f"Deduplicate{'WithinWatermark' if is_within else ''} {name_list(keys)}"
        case Sample(lower_bound=lower, upper_bound=upper):
            return f"Sample {lower}, {upper}"
        case SubqueryAlias(name=name):
            return f"SubqueryAlias {'.'.join(name)}"
        case WithWatermark(event_time=event_time, delay_us=delay_us):
            return f"EventTimeWatermark {event_time.name}, {delay_us / 1e6:g} seconds"
        case CollectMetrics(name=name, metrics=metrics):
            return f"CollectMetrics {name}, {name_list(metrics)}"
        case MapPartitions(function=function):
            return f"MapPartitions {function.name}, {name_list(plan.output)}"
        case GroupMap(keys=keys, function=function):
            return f"GroupMap {function.name}, {name_list(keys)}, {name_list(plan.output)}"
        case CoGroupMap(function=function):
            return f"CoGroupMap {function.name}, {name_list(plan.output)}"
        case Range(start=start, end=end, step=step):
            return f"Range ({start}, {end}, step={step})"
        case Scan(source=source) | StreamScan(source=source):
            return f"{_scan_name(plan)} {source_name(source)} {name_list(plan.output)}"
        case LocalRelation() | Input():
            return f"LocalRelation {name_list(plan.output)}"
        case _:
            return type(plan).__name__


def name_list(expressions: Sequence[Expression]) -> str:
    """`[a, b AS c]`, cut where it becomes long."""
    text = ", ".join(map(pretty_name, expressions))
    return f"[{text}]" if len(text) <= LONGEST else f"[{text[:LONGEST]}...]"


def source_name(source: object) -> str:
    """A source by its class, without the word that all of them share."""
    return type(source).__name__.removesuffix("Provider").removesuffix("Source")


def _scan_name(plan: LogicalPlan) -> str:
    return "StreamingRelation" if isinstance(plan, StreamScan) else "Relation"
