"""Unresolved expressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from unbounded.errors import Origin
from unbounded.plan.unresolved.parents import Expression, Relation
from unbounded.types.datatypes import DataType


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


def unaliased(expression: Expression) -> Expression:
    """What an alias names; anything else as it is."""
    return expression.child if isinstance(expression, Alias) else expression


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
    origin: Origin | None = field(default=None, compare=False, repr=False)


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
