"""Typed expressions: every name is bound to an attribute, every node knows its type. Built by `analysis` only.

Columns are bound by `Attribute.id`, unique in one analysis, so duplicate names are no problem after resolution.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from unbounded.types.datatypes import BOOLEAN, ArrayType, DataType, StructField, StructType

if TYPE_CHECKING:
    from unbounded.plan.logical import LogicalPlan

Metadata = tuple[tuple[str, Any], ...]


class Expression:
    """Parent of typed expressions. Every subclass has `data_type` and `nullable`."""

    __slots__ = ()
    data_type: DataType
    nullable: bool


@dataclass(frozen=True, slots=True)
class Attribute(Expression):
    """A reference to a column of a relation below. Equal ids are the same column, whatever the name it is shown by."""

    id: int
    name: str = field(compare=False)
    data_type: DataType = field(compare=False)
    nullable: bool = field(default=True, compare=False)
    qualifier: tuple[str, ...] = field(default=(), compare=False)
    metadata: Metadata = field(default=(), compare=False)

    def to_field(self) -> StructField:
        return StructField(self.name, self.data_type, self.nullable, self.metadata)


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant in Spark's internal form (see `plan.unresolved.Literal`); `shown` is its text where names need it."""

    value: Any
    data_type: DataType
    shown: str = field(default="", compare=False)

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.value is None


@dataclass(frozen=True, slots=True)
class Alias(Expression):
    """`child` as the new column `id`; the only expression besides Attribute that may stand in a projection."""

    child: Expression
    id: int
    name: str
    metadata: Metadata = ()

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return self.child.data_type

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.child.nullable

    def to_attribute(self) -> Attribute:
        return Attribute(self.id, self.name, self.data_type, self.nullable, metadata=self.metadata)


NamedExpression = Attribute | Alias


class CastMode(Enum):
    """ANSI raises where a value does not fit; TRY gives NULL; LEGACY wraps or gives NULL as Spark 2 did."""

    ANSI = "ansi"
    TRY = "try"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Cast(Expression):
    """`is_implicit` casts come from coercion and are not shown in column names."""

    child: Expression
    data_type: DataType
    mode: CastMode = CastMode.ANSI
    is_implicit: bool = False
    is_from_sql: bool = False

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.child.nullable or self.mode is not CastMode.ANSI


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A scalar function or operator of `functions`; `function` is the name the user called it by (lower case)."""

    function: str
    arguments: tuple[Expression, ...]
    data_type: DataType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class SortOrder:
    child: Expression
    is_ascending: bool = True
    has_nulls_first: bool = True


@dataclass(frozen=True, slots=True)
class AggregateCall(Expression):
    function: str
    arguments: tuple[Expression, ...]
    data_type: DataType
    nullable: bool = True
    is_distinct: bool = False
    filter: Expression | None = None
    order: tuple[SortOrder, ...] = ()
    ignores_nulls: bool = False


class AggregateStep(Enum):
    """What is computed of an aggregate that is kept incrementally: one state column of new rows, the merge of one
    state column over rows of state, or the result from all state columns."""

    UPDATE = "update"
    MERGE = "merge"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class PartialAggregate(Expression):
    """One step of `call`. `column` is the state column (UPDATE, MERGE); `state` are the attributes it is made of
    (MERGE: one, FINISH: all of them; UPDATE reads the call's own arguments). `order`: as in the call."""

    call: AggregateCall
    step: AggregateStep
    data_type: DataType
    column: int = 0
    state: tuple[Attribute, ...] = ()
    nullable: bool = True
    order: tuple[SortOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowFunctionCall(Expression):
    """row_number, lag, … : only valid as the function of a `WindowCall`."""

    function: str
    arguments: tuple[Expression, ...]
    data_type: DataType
    nullable: bool = True
    ignores_nulls: bool = False


class FrameUnit(Enum):
    ROWS = "ROWS"
    RANGE = "RANGE"


class FrameEdge(Enum):
    UNBOUNDED = "UNBOUNDED"
    CURRENT_ROW = "CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Frame:
    """Offsets are literals, negative for preceding."""

    unit: FrameUnit
    lower: FrameEdge | Literal
    upper: FrameEdge | Literal


@dataclass(frozen=True, slots=True)
class WindowCall(Expression):
    function: AggregateCall | WindowFunctionCall | PythonCall
    partition: tuple[Expression, ...]
    order: tuple[SortOrder, ...]
    frame: Frame

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return self.function.data_type

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.function.nullable


@dataclass(frozen=True, slots=True)
class GeneratorCall(Expression):
    """explode and its family: many rows of `columns` per input row; moved into a `Generate` node by the analyser."""

    function: str
    arguments: tuple[Expression, ...]
    columns: tuple[StructField, ...]
    is_outer: bool = False

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return StructType(self.columns)

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return True


class LambdaRole(Enum):
    """What a lambda's variable is: an element, its position (from 0), or a part of the entry the lambda is given."""

    ELEMENT = "element"
    INDEX = "index"
    KEY = "key"
    VALUE = "value"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LambdaVariable(Expression):
    """Variables that are parts of one entry have one id."""

    id: int
    name: str = field(compare=False)
    data_type: DataType
    nullable: bool = True
    role: LambdaRole = LambdaRole.ELEMENT

    @property
    def is_part(self) -> bool:
        return self.role in (LambdaRole.KEY, LambdaRole.VALUE, LambdaRole.OTHER)


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    parameters: tuple[LambdaVariable, ...]
    body: Expression

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return self.body.data_type

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.body.nullable


@dataclass(frozen=True, slots=True)
class GetField(Expression):
    """`child.name` of a struct, or of every struct in an array."""

    child: Expression
    index: int

    @property
    def struct_type(self) -> StructType:
        data_type = self.child.data_type
        element = data_type.element_type if isinstance(data_type, ArrayType) else data_type
        if not isinstance(element, StructType):
            raise ValueError(f"no fields in {data_type.simple_string}")
        return element

    @property
    def field(self) -> StructField:
        return self.struct_type.fields[self.index]

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        if isinstance(self.child.data_type, ArrayType):
            return ArrayType(self.field.data_type, True)
        return self.field.data_type

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.child.nullable or self.field.nullable


class PythonEvaluation(Enum):
    """How a Python function gets its values (PySpark's PythonEvalType numbers)."""

    ROW_BATCHED = 100
    ROW_ARROW_BATCHED = 101
    SCALAR_PANDAS = 200
    GROUPED_MAP_PANDAS = 201
    GROUPED_AGGREGATE_PANDAS = 202
    WINDOW_AGGREGATE_PANDAS = 203
    SCALAR_PANDAS_ITERATOR = 204
    MAP_PANDAS_ITERATOR = 205
    COGROUPED_MAP_PANDAS = 206
    MAP_ARROW_ITERATOR = 207
    GROUPED_MAP_ARROW = 209
    COGROUPED_MAP_ARROW = 210
    GROUPED_MAP_ARROW_ITERATOR = 215
    GROUPED_MAP_PANDAS_ITERATOR = 216
    GROUPED_AGGREGATE_PANDAS_ITERATOR = 217
    SCALAR_ARROW = 250
    SCALAR_ARROW_ITERATOR = 251
    GROUPED_AGGREGATE_ARROW = 252
    GROUPED_AGGREGATE_ARROW_ITERATOR = 254


@dataclass(frozen=True, slots=True)
class PythonCall(Expression):
    """A call of a user's Python function; `command` is its cloudpickle."""

    name: str
    arguments: tuple[Expression, ...]
    command: bytes = field(repr=False)
    evaluation: PythonEvaluation
    data_type: DataType
    is_deterministic: bool = True
    argument_names: tuple[str | None, ...] = ()

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_aggregate(self) -> bool:
        return self.evaluation in _PYTHON_AGGREGATES


_PYTHON_AGGREGATES = frozenset(
    {
        PythonEvaluation.GROUPED_AGGREGATE_PANDAS,
        PythonEvaluation.GROUPED_AGGREGATE_ARROW,
        PythonEvaluation.GROUPED_AGGREGATE_PANDAS_ITERATOR,
        PythonEvaluation.GROUPED_AGGREGATE_ARROW_ITERATOR,
        PythonEvaluation.WINDOW_AGGREGATE_PANDAS,
    }
)


@dataclass(frozen=True, slots=True)
class ScalarSubquery(Expression):
    """The one value of a one-column query (NULL if it has no row). Outer columns are attributes not in `plan`."""

    plan: LogicalPlan

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return self.plan.output[0].data_type

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return True


@dataclass(frozen=True, slots=True)
class Exists(Expression):
    plan: LogicalPlan
    nullable: bool = False

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return BOOLEAN


@dataclass(frozen=True, slots=True)
class InSubquery(Expression):
    values: tuple[Expression, ...]
    plan: LogicalPlan
    nullable: bool = True

    @property
    def data_type(self) -> DataType:  # type: ignore[override]
        return BOOLEAN


def to_attribute(expression: NamedExpression) -> Attribute:
    return expression if isinstance(expression, Attribute) else expression.to_attribute()


def unaliased(expression: Expression) -> Expression:
    """What an alias names; anything else as it is."""
    return expression.child if isinstance(expression, Alias) else expression


def renamed(attribute: Attribute, name: str) -> Attribute:
    return replace(attribute, name=name)
