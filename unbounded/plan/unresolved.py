"""The unresolved plan: what a program asked for, before names and types are known.

Both front doors (`connect.decode` and `sql`) produce exactly these nodes and nothing else. Rules of the house:
strings are parsed before a node exists (a type is a `DataType`, an identifier is a tuple of parts); nothing here
knows protobuf or SQL text; every node is frozen and compares by value, so equal programs are equal plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

import pyarrow as pa

from unbounded.errors import Origin
from unbounded.types.datatypes import DataType, StructType


class Expression:
    """Parent of all unresolved expressions. Those an error may point at have an `origin`, which does not compare."""


class Relation:
    """Parent of all unresolved relations (things with rows)."""


class Command:
    """Parent of all commands (things with an effect)."""


Options: TypeAlias = tuple[tuple[str, str], ...]
"""Reader and writer options in the order given; keys keep their case, look-ups ignore it."""

# ---------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant in Spark's internal form.

    date: days; timestamps: microseconds; day-time interval: microseconds; year-month interval: months; decimal:
    `decimal.Decimal`; binary: bytes; array and struct: tuple; map: tuple of pairs; calendar interval: (months, days,
    microseconds); null: None with any type.
    """

    value: Any
    data_type: DataType
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WallClockLiteral(Expression):
    """`TIMESTAMP'…'` without a zone: a constant instant as soon as the session's zone is known.

    `value`: microseconds since 1970-01-01T00:00 on the wall clock.
    """

    value: int
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnresolvedAttribute(Expression):
    """A column by name; `plan_id` ties it to the DataFrame it was taken from (`df["a"]`)."""

    parts: tuple[str, ...]
    plan_id: int | None = None
    is_metadata_column: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnresolvedStar(Expression):
    """`*` or `t.*` (also `struct_column.*`), less the columns of `except_columns` (SQL's EXCEPT)."""

    target: tuple[str, ...] = ()
    plan_id: int | None = None
    except_columns: tuple[tuple[str, ...], ...] = ()
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnresolvedRegex(Expression):
    """Columns whose name matches a Java regular expression (`df.colRegex`)."""

    pattern: str
    plan_id: int | None = None


@dataclass(frozen=True, slots=True)
class UnresolvedFunction(Expression):
    """A call by name. Operators are calls too: `+`, `==`, `and`, `not`, `when`, `in`, `isnull`, `cast` is not."""

    name: str
    arguments: tuple[Expression, ...]
    is_distinct: bool = False
    filter: Expression | None = None
    order: tuple[SortOrder, ...] = ()
    ignores_nulls: bool = False
    is_internal: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NamedArgument(Expression):
    """`key => value` in a call."""

    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Alias(Expression):
    """`child AS name`; several names only for generators. `metadata` is the field's JSON metadata as text."""

    child: Expression
    names: tuple[str, ...]
    metadata: str | None = None


class CastMode(Enum):
    """DEFAULT follows `spark.sql.ansi.enabled`; TRY gives NULL where ANSI would raise."""

    DEFAULT = "default"
    ANSI = "ansi"
    TRY = "try"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """`is_shown`: whether column names and errors show the cast; they do not show `int("7")`."""

    child: Expression
    data_type: DataType
    mode: CastMode = CastMode.DEFAULT
    is_from_sql: bool = False
    is_shown: bool = True
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SortOrder(Expression):
    child: Expression
    is_ascending: bool = True
    has_nulls_first: bool = True


@dataclass(frozen=True, slots=True)
class LambdaVariable(Expression):
    name: str


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    body: Expression
    parameters: tuple[str, ...]


class FrameUnit(Enum):
    ROWS = "ROWS"
    RANGE = "RANGE"


class FrameEdge(Enum):
    UNBOUNDED = "UNBOUNDED"
    CURRENT_ROW = "CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Frame:
    """A window frame. An expression as an edge is an offset from the current row: negative means preceding."""

    unit: FrameUnit
    lower: FrameEdge | Expression
    upper: FrameEdge | Expression


@dataclass(frozen=True, slots=True)
class Window(Expression):
    """`function OVER (PARTITION BY partition ORDER BY order frame)`; a missing frame means Spark's default one."""

    function: Expression
    partition: tuple[Expression, ...] = ()
    order: tuple[SortOrder, ...] = ()
    frame: Frame | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ExtractValue(Expression):
    """`child[extraction]`: array element, map value or struct field, whichever the type of `child` makes it."""

    child: Expression
    extraction: Expression
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UpdateFields(Expression):
    """`withField` (value given) or `dropFields` (value None) on a struct; `field` may be a dotted path."""

    child: Expression
    field: str
    value: Expression | None


@dataclass(frozen=True, slots=True)
class PythonFunction(Expression):
    """A Python UDF call; `command` is the client's cloudpickle, `eval_type` PySpark's PythonEvalType number."""

    name: str
    arguments: tuple[Expression, ...]
    command: bytes
    eval_type: int
    output_type: DataType
    is_deterministic: bool
    python_version: str


class SubqueryKind(Enum):
    SCALAR = "scalar"
    EXISTS = "exists"
    IN = "in"
    TABLE_ARGUMENT = "table argument"


@dataclass(frozen=True, slots=True)
class Subquery(Expression):
    """A query inside an expression; `values` are the left-hand sides of IN."""

    query: Relation
    kind: SubqueryKind
    values: tuple[Expression, ...] = ()
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OuterReference(Expression):
    """`col.outer()`: a column of the query around the subquery."""

    child: Expression


@dataclass(frozen=True, slots=True)
class ExpressionText(Expression):
    """SQL text of one expression (`expr("a + 1")`), parsed by `sql` when the analyser meets it."""

    text: str


# ---------------------------------------------------------------------------------------------- relations


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


@dataclass(frozen=True, slots=True)
class Filter(Relation):
    child: Relation
    condition: Expression


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
    """`columns` empty: all columns are keys."""

    child: Relation
    columns: tuple[str, ...] = ()
    is_within_watermark: bool = False


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
    """describe(columns) and summary(statistics); nothing given: all numeric and string columns, the usual statistics."""

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


# ---------------------------------------------------------------------------------------------- commands


class SaveMode(Enum):
    ERROR = "error"
    APPEND = "append"
    OVERWRITE = "overwrite"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class CreateView(Command):
    """`refuses_duplicates`: SQL lets no two columns have one name."""

    query: Relation
    name: str
    is_global: bool
    replaces: bool
    columns: tuple[str, ...] = ()
    refuses_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class Write(Command):
    """df.write: to `path` or to `table`. `inserts`: insertInto (by position) instead of saveAsTable."""

    query: Relation
    format: str | None
    mode: SaveMode
    options: Options = ()
    path: str | None = None
    table: tuple[str, ...] = ()
    inserts: bool = False
    partition_columns: tuple[str, ...] = ()
    sort_columns: tuple[str, ...] = ()
    bucket_columns: tuple[str, ...] = ()
    bucket_count: int | None = None


class WriteToMode(Enum):
    CREATE = "create"
    REPLACE = "replace"
    CREATE_OR_REPLACE = "create or replace"
    APPEND = "append"
    OVERWRITE = "overwrite"
    OVERWRITE_PARTITIONS = "overwrite partitions"


@dataclass(frozen=True, slots=True)
class WriteTo(Command):
    """df.writeTo(table)…"""

    query: Relation
    table: tuple[str, ...]
    mode: WriteToMode
    format: str | None = None
    options: Options = ()
    partitioning: tuple[Expression, ...] = ()
    overwrite_condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class RegisterFunction(Command):
    """spark.udf.register; `function.arguments` is empty."""

    name: str
    function: PythonFunction


@dataclass(frozen=True, slots=True)
class SqlCommand(Command):
    """spark.sql(...): run at once when it is DDL or DML, handed back as a relation when it is a query."""

    query: Relation


@dataclass(frozen=True, slots=True)
class CreateTable(Command):
    """CREATE TABLE (query None: empty) or CTAS."""

    table: tuple[str, ...]
    schema: StructType | None
    query: Relation | None
    format: str | None
    options: Options = ()
    location: str | None = None
    partition_columns: tuple[str, ...] = ()
    if_not_exists: bool = False
    replaces: bool = False
    comment: str | None = None
    properties: Options = ()


@dataclass(frozen=True, slots=True)
class InsertInto(Command):
    """INSERT INTO/OVERWRITE table (columns) query; `static_partition` holds PARTITION (a = 1)."""

    table: tuple[str, ...]
    query: Relation
    columns: tuple[str, ...] = ()
    overwrites: bool = False
    is_by_name: bool = False
    static_partition: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class DropTable(Command):
    table: tuple[str, ...]
    if_exists: bool = False
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class CreatePermanentView(Command):
    """CREATE VIEW without TEMPORARY: the text of its query is kept and read again at every use."""

    view: tuple[str, ...]
    text: str
    columns: tuple[str, ...] = ()
    if_not_exists: bool = False
    replaces: bool = False
    comment: str | None = None
    properties: Options = ()


@dataclass(frozen=True, slots=True)
class TruncateTable(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameTable(Command):
    """ALTER TABLE | VIEW … RENAME TO …"""

    table: tuple[str, ...]
    new_name: tuple[str, ...]
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class CreateDatabase(Command):
    name: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropDatabase(Command):
    name: str
    if_exists: bool = False
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class UseDatabase(Command):
    name: str


@dataclass(frozen=True, slots=True)
class ShowTables(Command):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowViews(Command):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowPartitions(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowDatabases(Command):
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowColumns(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowCreateTable(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowFunctions(Command):
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class DescribeTable(Command):
    table: tuple[str, ...]
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class DescribeQuery(Command):
    query: Relation


@dataclass(frozen=True, slots=True)
class ExplainQuery(Command):
    query: Relation
    mode: str = "simple"


@dataclass(frozen=True, slots=True)
class SetConfig(Command):
    """SET key=value, SET key, SET (both None), RESET key."""

    key: str | None = None
    value: str | None = None
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class CacheTable(Command):
    table: tuple[str, ...]
    query: Relation | None = None
    is_uncache: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class UnsupportedCommand(Command):
    """Decoded and known, but not implemented yet: refused by name when it is run."""

    name: str


class TriggerKind(Enum):
    PROCESSING_TIME = "processing time"
    ONCE = "once"
    AVAILABLE_NOW = "available now"
    CONTINUOUS = "continuous"
    REAL_TIME = "real time"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`interval` is the user's text (`5 seconds`); None with PROCESSING_TIME is the default trigger."""

    kind: TriggerKind = TriggerKind.PROCESSING_TIME
    interval: str | None = None


@dataclass(frozen=True, slots=True)
class WriteStream(Command):
    """df.writeStream…start(). `foreach` and `foreach_batch` are cloudpickled functions."""

    query: Relation
    format: str | None
    options: Options
    output_mode: str
    trigger: Trigger
    query_name: str | None = None
    path: str | None = None
    table: tuple[str, ...] = ()
    partition_columns: tuple[str, ...] = ()
    foreach: bytes | None = None
    foreach_batch: bytes | None = None


def option(options: Options, key: str) -> str | None:
    """Value of the last option called `key`, ignoring case; None if absent."""
    return lower_case_options(options).get(key.lower())


def lower_case_options(options: Options) -> Mapping[str, str]:
    return {key.lower(): value for key, value in options}


