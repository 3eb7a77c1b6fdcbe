"""Unresolved relations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pyarrow as pa

from unbounded.errors import Origin
from unbounded.plan.unresolved.expressions import (
    Alias,
    Literal,
    PythonFunction,
    SortOrder,
    UnresolvedFunction,
)
from unbounded.plan.unresolved.parents import Expression, Options, Relation
from unbounded.types.datatypes import StructType


@dataclass(frozen=True, slots=True)
class PlanId(Relation):
    """Marks `child` as the DataFrame with the client's number `plan_id`, for `UnresolvedAttribute.plan_id`."""

    child: Relation
    plan_id: int


@dataclass(frozen=True, slots=True)
class NamedTable(Relation):
    """A table or temporary view by name."""

    parts: tuple[str, ...]
    options: Options = ()
    is_streaming: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Planned(Relation):
    """The rows of a typed plan (`plan.logical`), over which a command has more expressions resolved."""

    plan: Any


@dataclass(frozen=True, slots=True)
class DataSource(Relation):
    """`spark.read.format(..).schema(..).options(..).load(paths)`, or readStream."""

    format: str | None
    schema: StructType | None
    options: Options
    paths: tuple[str, ...] = ()
    is_streaming: bool = False
    predicates: tuple[str, ...] = ()
    source_name: str | None = None


@dataclass(frozen=True, slots=True)
class SqlQuery(Relation):
    """`spark.sql(text, args)` as a relation; arguments are expressions already."""

    text: str
    named_arguments: tuple[tuple[str, Expression], ...] = ()
    positional_arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class LocalRelation(Relation):
    """Rows sent with the plan. `schema` None: as the Arrow table says. Compares by identity."""

    table: pa.Table
    schema: StructType | None = None


@dataclass(frozen=True, slots=True)
class InlineTable(Relation):
    """SQL's VALUES: rows of expressions, types found by the analyser; columns `col1`, `col2`, … unless aliased."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True)
class OneRow(Relation):
    """No FROM clause: one row, no columns."""


@dataclass(frozen=True, slots=True)
class CachedRemoteRelation(Relation):
    """A relation the session holds under an id (checkpoint(), the batch of foreachBatch)."""

    relation_id: str


@dataclass(frozen=True, slots=True)
class Range(Relation):
    start: int
    end: int
    step: int = 1
    partition_count: int | None = None


@dataclass(frozen=True, slots=True)
class Project(Relation):
    child: Relation
    expressions: tuple[Expression, ...]
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Filter(Relation):
    child: Relation
    condition: Expression
    origin: Origin | None = field(default=None, compare=False, repr=False)


class JoinKind(Enum):
    INNER = "inner"
    CROSS = "cross"
    LEFT_OUTER = "left outer"
    RIGHT_OUTER = "right outer"
    FULL_OUTER = "full outer"
    LEFT_SEMI = "left semi"
    LEFT_ANTI = "left anti"


@dataclass(frozen=True, slots=True)
class Join(Relation):
    """`is_natural` and `using` exclude a condition. `is_lateral`: the right side sees the left side's columns."""

    left: Relation
    right: Relation
    kind: JoinKind
    condition: Expression | None = None
    using: tuple[str, ...] = ()
    is_natural: bool = False
    is_lateral: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)


class SetOperator(Enum):
    UNION = "UNION"
    INTERSECT = "INTERSECT"
    EXCEPT = "EXCEPT"


@dataclass(frozen=True, slots=True)
class SetOperation(Relation):
    left: Relation
    right: Relation
    operator: SetOperator
    is_all: bool
    is_by_name: bool = False
    allows_missing_columns: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sort(Relation):
    child: Relation
    order: tuple[SortOrder, ...]
    is_global: bool = True


@dataclass(frozen=True, slots=True)
class Limit(Relation):
    child: Relation
    count: Expression


@dataclass(frozen=True, slots=True)
class Offset(Relation):
    child: Relation
    count: Expression


@dataclass(frozen=True, slots=True)
class Tail(Relation):
    child: Relation
    count: int


class GroupingKind(Enum):
    GROUP_BY = "group by"
    ROLLUP = "rollup"
    CUBE = "cube"
    GROUPING_SETS = "grouping sets"


@dataclass(frozen=True, slots=True)
class Pivot:
    """`values` empty: the distinct values, sorted, found by running a query."""

    column: Expression
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Aggregate(Relation):
    """`aggregates` are the output columns besides the grouping ones; from SQL they are the whole SELECT list
    (`is_select_list`), in which grouping expressions, ordinals and aliases may occur."""

    child: Relation
    grouping: tuple[Expression, ...]
    aggregates: tuple[Expression, ...]
    kind: GroupingKind = GroupingKind.GROUP_BY
    grouping_sets: tuple[tuple[Expression, ...], ...] = ()
    pivot: Pivot | None = None
    is_select_list: bool = False
    having: Expression | None = None


@dataclass(frozen=True, slots=True)
class Deduplicate(Relation):
    """`columns` empty: all columns are keys. `is_select`: SELECT DISTINCT."""

    child: Relation
    columns: tuple[str, ...] = ()
    is_within_watermark: bool = False
    is_select: bool = False


@dataclass(frozen=True, slots=True)
class Sample(Relation):
    child: Relation
    lower_bound: float
    upper_bound: float
    with_replacement: bool
    seed: int | None


@dataclass(frozen=True, slots=True)
class SubqueryAlias(Relation):
    """`child AS name(columns)`; `columns` empty: keep the names."""

    child: Relation
    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repartition(Relation):
    """repartition, coalesce, repartition by expression: accepted, without effect on the rows."""

    child: Relation
    expressions: tuple[Expression, ...] = ()
    partition_count: int | None = None


@dataclass(frozen=True, slots=True)
class Hint(Relation):
    child: Relation
    name: str
    parameters: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class ToDF(Relation):
    child: Relation
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameColumns(Relation):
    """withColumnsRenamed: unknown names are ignored."""

    child: Relation
    renames: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WithColumns(Relation):
    child: Relation
    columns: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class Drop(Relation):
    """`names` that do not exist are ignored; `columns` are expressions (`drop(df.a)`)."""

    child: Relation
    columns: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToSchema(Relation):
    child: Relation
    schema: StructType


@dataclass(frozen=True, slots=True)
class Unpivot(Relation):
    """`values` None: every column that is not an id."""

    child: Relation
    ids: tuple[Expression, ...]
    values: tuple[Expression, ...] | None
    variable_column: str
    value_column: str


@dataclass(frozen=True, slots=True)
class PivotTable(Relation):
    """SQL's PIVOT: groups by every column that neither `aggregates` nor `column` mentions. A value may be an alias,
    which names its output columns; several pivot columns are one struct."""

    child: Relation
    aggregates: tuple[Expression, ...]
    column: Expression
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class UnpivotTable(Relation):
    """SQL's UNPIVOT with nulls: every column no group mentions is kept, each group gives one row with its label
    (None: its column names joined by `_`) in `variable_column` and its values in `value_columns`."""

    child: Relation
    groups: tuple[tuple[Expression, ...], ...]
    labels: tuple[str | None, ...]
    variable_column: str
    value_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generate(Relation):
    """LATERAL VIEW [OUTER] generator(...) alias AS columns."""

    child: Relation
    generator: UnresolvedFunction
    is_outer: bool
    alias: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableFunction(Relation):
    """A table-valued function in FROM: range, explode, …"""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class WithCtes(Relation):
    """WITH name(columns) AS (query), …: each query sees the ones before it."""

    ctes: tuple[SubqueryAlias, ...]
    body: Relation


@dataclass(frozen=True, slots=True)
class FillNa(Relation):
    """`values` has one literal (for all columns) or one per column of `columns`."""

    child: Relation
    columns: tuple[str, ...]
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class DropNa(Relation):
    """Keeps rows with at least `minimum_non_nulls` non-null values (None: all of them)."""

    child: Relation
    columns: tuple[str, ...]
    minimum_non_nulls: int | None


@dataclass(frozen=True, slots=True)
class ReplaceNa(Relation):
    child: Relation
    columns: tuple[str, ...]
    replacements: tuple[tuple[Literal, Literal], ...]


@dataclass(frozen=True, slots=True)
class Summary(Relation):
    """describe(columns) and summary(statistics); none given: numeric and string columns, the usual statistics."""

    child: Relation
    statistics: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    is_describe: bool = False


@dataclass(frozen=True, slots=True)
class Crosstab(Relation):
    """How often each pair of values of two columns occurs: a row per first value, a column per second one."""

    child: Relation
    row_column: str
    value_column: str


@dataclass(frozen=True, slots=True)
class Covariance(Relation):
    """One row with the sample covariance of two columns, or with Pearson's correlation."""

    child: Relation
    columns: tuple[str, str]
    is_correlation: bool = False


@dataclass(frozen=True, slots=True)
class ApproximateQuantiles(Relation):
    """One row: for each column the quantiles at `probabilities`."""

    child: Relation
    columns: tuple[str, ...]
    probabilities: tuple[float, ...]
    relative_error: float


@dataclass(frozen=True, slots=True)
class FrequentItems(Relation):
    """One row: for each column the values that may make up more than `support` of the rows."""

    child: Relation
    columns: tuple[str, ...]
    support: float = 0.01


@dataclass(frozen=True, slots=True)
class SampleBy(Relation):
    """Keeps a row with the chance its value of `column` has in `fractions` (0 if it has none)."""

    child: Relation
    column: Expression
    fractions: tuple[tuple[Literal, float], ...]
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ShowString(Relation):
    """`truncate` 0: whole cells."""

    child: Relation
    row_count: int
    truncate: int
    is_vertical: bool = False
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class CollectMetrics(Relation):
    """df.observe(name, *metrics)."""

    child: Relation
    name: str
    metrics: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class WithWatermark(Relation):
    child: Relation
    event_time: str
    delay: str


@dataclass(frozen=True, slots=True)
class MapPartitions(Relation):
    """mapInPandas and mapInArrow (told apart by the function's eval type)."""

    child: Relation
    function: PythonFunction
    is_barrier: bool = False


@dataclass(frozen=True, slots=True)
class GroupMap(Relation):
    """groupBy(..).applyInPandas / applyInArrow."""

    child: Relation
    grouping: tuple[Expression, ...]
    function: PythonFunction


@dataclass(frozen=True, slots=True)
class CoGroupMap(Relation):
    left: Relation
    left_grouping: tuple[Expression, ...]
    right: Relation
    right_grouping: tuple[Expression, ...]
    function: PythonFunction


@dataclass(frozen=True, slots=True)
class Parse(Relation):
    """spark.read.csv/json over a DataFrame of strings."""

    child: Relation
    format: str
    schema: StructType | None
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Transpose(Relation):
    child: Relation
    index_columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Catalog(Relation):
    """A call of `spark.catalog`: `operation` is the protocol's name (`list_tables`), `arguments` its fields."""

    operation: str
    arguments: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class UnsupportedRelation(Relation):
    """Decoded and known, but not implemented yet: refused by name when the analyser meets it."""

    name: str
