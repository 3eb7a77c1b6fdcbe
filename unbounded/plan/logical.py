"""The logical plan: relations whose columns are bound and typed. Built by `analysis`, read by every later stage.

`output` of a node is its columns in order. A node that can be built is valid.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from unbounded.plan.event_time import marked
from unbounded.plan.expressions import (
    Alias,
    Attribute,
    Expression,
    GeneratorCall,
    NamedExpression,
    PythonEvaluation,
    SortOrder,
    to_attribute,
)
from unbounded.plan.unresolved import GroupingKind, JoinKind, SetOperator
from unbounded.types.datatypes import StructType


class LogicalPlan:
    """Parent of typed relations; every subclass has `output`."""

    __slots__ = ()
    output: tuple[Attribute, ...]

    @property
    def schema(self) -> StructType:
        return StructType(tuple(attribute.to_field() for attribute in self.output))


@dataclass(frozen=True, eq=False, slots=True)
class LocalRelation(LogicalPlan):
    """Rows in memory; the table's columns are `output` by position."""

    output: tuple[Attribute, ...]
    table: pa.Table


@dataclass(frozen=True, slots=True)
class OneRow(LogicalPlan):
    """One row without columns."""

    output: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Range(LogicalPlan):
    start: int
    end: int
    step: int
    output: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Scan(LogicalPlan):
    """A batch read of `source`, a `connectors.api.BatchSource`; `output` follows the source's schema by position.

    `metadata`: the column that a `connectors.api.MetadataSource` has besides; in `output` only where a query uses it.
    """

    source: Any
    output: tuple[Attribute, ...]
    metadata: Attribute | None = None


@dataclass(frozen=True, slots=True)
class Input(LogicalPlan):
    """Rows handed to the query when it runs, under `name`; columns are `output` by position."""

    name: str
    output: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """The plan of stored rows. Not a node: nobody looks below stored rows unless they lack what is asked for."""

    plan: LogicalPlan


@dataclass(frozen=True, slots=True)
class Stored(LogicalPlan):
    """`rows`, an `execution.stored_rows.StoredRows`: computed once for several uses; `output` by position.

    `computed`: how they are computed again, with the same output, for metadata columns that are not stored.
    """

    rows: Any
    output: tuple[Attribute, ...]
    computed: Computed | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StreamScan(LogicalPlan):
    """A streaming read of `source`, a `connectors.streams.StreamProvider`; `metadata` as in `Scan`."""

    source: Any
    output: tuple[Attribute, ...]
    metadata: Attribute | None = None


@dataclass(frozen=True, slots=True)
class Project(LogicalPlan):
    """`hidden`: columns of the child that may be named above with a qualifier, as both sides' keys of a USING join."""

    child: LogicalPlan
    expressions: tuple[NamedExpression, ...]
    hidden: tuple[Attribute, ...] = ()

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return tuple(to_attribute(e) for e in self.expressions)


@dataclass(frozen=True, slots=True)
class Filter(LogicalPlan):
    child: LogicalPlan
    condition: Expression

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class Join(LogicalPlan):
    """`is_lateral`: the right side may use the left side's columns."""

    left: LogicalPlan
    right: LogicalPlan
    kind: JoinKind
    condition: Expression | None = None
    is_lateral: bool = False

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return joined_columns(self.left.output, self.right.output, self.kind)


def joined_columns(left: tuple[Attribute, ...], right: tuple[Attribute, ...], kind: JoinKind) -> tuple[Attribute, ...]:
    """What comes out of a join for columns of its sides."""
    if kind in (JoinKind.LEFT_SEMI, JoinKind.LEFT_ANTI):
        return left
    if kind in (JoinKind.RIGHT_OUTER, JoinKind.FULL_OUTER):
        left = tuple(replace(a, nullable=True) for a in left)
    if kind in (JoinKind.LEFT_OUTER, JoinKind.FULL_OUTER):
        right = tuple(replace(a, nullable=True) for a in right)
    return left + right


@dataclass(frozen=True, slots=True)
class SetOperation(LogicalPlan):
    """Both sides have the same types by position; `output` are new columns."""

    left: LogicalPlan
    right: LogicalPlan
    operator: SetOperator
    is_all: bool
    output: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Sort(LogicalPlan):
    child: LogicalPlan
    order: tuple[SortOrder, ...]

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class Limit(LogicalPlan):
    """At most `count` rows (None: all) after the first `offset`."""

    child: LogicalPlan
    count: int | None
    offset: int = 0

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class Tail(LogicalPlan):
    child: LogicalPlan
    count: int

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class Aggregate(LogicalPlan):
    """One row per group. `expressions` may mix grouping attributes and aggregate calls freely.

    `grouping` are named expressions over the child; `expressions` refer to them by attribute. `grouping_sets` holds
    positions into `grouping`; None is the plain GROUP BY.
    """

    child: LogicalPlan
    grouping: tuple[NamedExpression, ...]
    expressions: tuple[NamedExpression, ...]
    kind: GroupingKind = GroupingKind.GROUP_BY
    grouping_sets: tuple[tuple[int, ...], ...] | None = None

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return tuple(to_attribute(e) for e in self.expressions)


@dataclass(frozen=True, slots=True)
class Generate(LogicalPlan):
    """Each child row joined with the rows its generator makes; `is_outer` keeps rows that make none."""

    child: LogicalPlan
    generator: GeneratorCall
    is_outer: bool
    generated: tuple[Attribute, ...]

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output + self.generated


@dataclass(frozen=True, slots=True)
class MergeSessions(LogicalPlan):
    """Replaces each row's own `session` by the one it is part of: those of equal `keys` that overlap or touch."""

    child: LogicalPlan
    session: Attribute
    keys: tuple[Attribute, ...]
    merged: Attribute

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return (*(a for a in self.child.output if a != self.session), self.merged)


@dataclass(frozen=True, slots=True)
class Deduplicate(LogicalPlan):
    """One row per combination of `keys` (all of one row: the first)."""

    child: LogicalPlan
    keys: tuple[Attribute, ...]
    is_within_watermark: bool = False

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class Sample(LogicalPlan):
    child: LogicalPlan
    lower_bound: float
    upper_bound: float
    with_replacement: bool
    seed: int

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class SubqueryAlias(LogicalPlan):
    """Gives the child's columns the qualifier `name`; changes no rows. `is_view`: of a view, a CTE or a DataFrame in a
    SQL text, whose metadata columns nobody sees from outside."""

    child: LogicalPlan
    name: tuple[str, ...]
    is_view: bool = False

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return tuple(replace(a, qualifier=self.name) for a in self.child.output)


@dataclass(frozen=True, slots=True)
class WithWatermark(LogicalPlan):
    """Marks `event_time` with a delay in microseconds; rows pass unchanged."""

    child: LogicalPlan
    event_time: Attribute
    delay_us: int

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        delay_ms = self.delay_us // 1000
        return tuple(marked(a, delay_ms) if a.id == self.event_time.id else a for a in self.child.output)


@dataclass(frozen=True, slots=True)
class CollectMetrics(LogicalPlan):
    """Rows pass unchanged; the aggregates `metrics` over them are handed to the observer `name`."""

    child: LogicalPlan
    name: str
    metrics: tuple[Alias, ...]

    @property
    def output(self) -> tuple[Attribute, ...]:  # type: ignore[override]
        return self.child.output


@dataclass(frozen=True, slots=True)
class PythonTable:
    """A Python function from tables to tables: `command` is its cloudpickle, `evaluation` says how it is called."""

    name: str
    command: bytes = field(repr=False)
    evaluation: PythonEvaluation


@dataclass(frozen=True, slots=True)
class MapPartitions(LogicalPlan):
    child: LogicalPlan
    function: PythonTable
    output: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class GroupMap(LogicalPlan):
    """`keys` are columns of `child`; `arguments` the columns handed to the function (all the user's columns)."""

    child: LogicalPlan
    keys: tuple[Attribute, ...]
    arguments: tuple[Attribute, ...]
    function: PythonTable
    output: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class CoGroupMap(LogicalPlan):
    left: LogicalPlan
    left_keys: tuple[Attribute, ...]
    left_arguments: tuple[Attribute, ...]
    right: LogicalPlan
    right_keys: tuple[Attribute, ...]
    right_arguments: tuple[Attribute, ...]
    function: PythonTable
    output: tuple[Attribute, ...]
