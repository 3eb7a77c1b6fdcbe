"""The form of a function's table row, and the look-up over all families.

A row says everything about a function: signature, result type, nullability and the engine expression. Families are
modules with a table `FUNCTIONS: dict[str, Function]`; a family that is not written yet leaves its names in `KNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from unbounded.functions import engine
from unbounded.functions.environment import Environment
from unbounded.functions.signature import Parameter, Signature, Types
from unbounded.plan.expressions import Cast, Expression, LambdaRole, Literal
from unbounded.types.datatypes import DataType, NumericType, StructField


class FunctionKind(Enum):
    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"
    GENERATOR = "generator"


class Nullability(Enum):
    """When a result can be NULL. ARGUMENTS: if any argument can."""

    ARGUMENTS = "arguments"
    ALWAYS = "always"
    NEVER = "never"
    ALL_ARGUMENTS = "all arguments"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call as its engine rule sees it: typed arguments, their engine text, the result type, the environment."""

    arguments: tuple[Expression, ...]
    sql: tuple[str, ...]
    data_type: DataType
    environment: Environment
    name: str = ""
    modifiers: Mapping[str, str] = field(default_factory=dict)

    def type_of(self, position: int) -> DataType:
        return self.arguments[position].data_type

    def constant(self, position: int) -> Any:
        """The value of a literal argument, also below an implicit cast; None if it is missing, NULL or no literal."""
        argument = self.arguments[position] if position < len(self.arguments) else None
        if isinstance(argument, Cast) and argument.is_implicit and isinstance(argument.data_type, NumericType):
            argument = argument.child
            return (
                argument.value
                if isinstance(argument, Literal) and isinstance(argument.data_type, NumericType)
                else None
            )
        return argument.value if isinstance(argument, Literal) else None

    def is_constant(self, position: int) -> bool:
        return position < len(self.arguments) and isinstance(self.arguments[position], Literal)


EngineRule = str | Callable[[Invocation], str]
"""An engine expression: a template with `{0}`, `{1}`, … for the arguments, or a function of the invocation.

The result must have exactly `engine_type(data_type)`; a template may use `{type}` for it, and `{all}` for all
arguments joined by commas. Aggregates and window functions write their engine call with `call`.
"""

_NO_MODIFIERS = {"distinct": "", "nulls": "", "order": "", "filter": "", "over": ""}

TypingRule = Callable[[str, Sequence[Expression], Environment], tuple[tuple[Expression, ...], DataType]]
"""Coerced arguments and result type, for functions whose typing a Signature cannot say."""


RenamingRule = Callable[[str, Sequence[Expression]], tuple[str, tuple[Expression, ...]]]
"""The name and arguments of the call that a call with these arguments is another way to write; itself if of none."""


@dataclass(frozen=True, slots=True)
class LambdaParameter:
    """One variable that a lambda argument is offered; a trailing INDEX may be left out by the user."""

    data_type: DataType
    nullable: bool = True
    role: LambdaRole = LambdaRole.ELEMENT


LambdaRule = Callable[[Sequence[Expression]], Sequence[tuple[LambdaParameter, ...]]]
"""From the arguments that are not lambdas to the variables of each lambda argument, in order."""


@dataclass(frozen=True, slots=True)
class StateColumn:
    """One column of an aggregate's state: `update` makes it from rows of arguments, `merge` from rows of itself.

    Both are engine aggregates: `update` sees the call's own invocation, `merge` one whose only engine text is the
    state column. Either may be NULL for a group without a value. `type` is a type or its rule over the argument types.
    `name` is what readers of a stream's state see, if it is not the function's; `nullable` is for them, too.
    """

    type: DataType | Callable[[Types], DataType]
    update: EngineRule
    merge: EngineRule
    name: str = ""
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class AggregateState:
    """How an aggregate is kept incrementally: state columns, and `finish`, the result from them.

    `finish` sees the call's typed arguments (so that it can read constants) with the state columns as engine texts.
    """

    columns: tuple[StateColumn, ...]
    finish: EngineRule


@dataclass(frozen=True, slots=True)
class Function:
    """A row of a family table. `lambdas`: the variables of each lambda argument, from the other arguments.
    `generates`: the columns of a generator, from the argument types. `is_costly`: worth a column of its own, so that
    it is computed once per row whatever uses it."""

    typing: Signature | TypingRule
    engine: EngineRule
    kind: FunctionKind = FunctionKind.SCALAR
    nullability: Nullability = Nullability.ARGUMENTS
    is_deterministic: bool = True
    is_costly: bool = False
    state: AggregateState | None = None
    lambdas: LambdaRule | None = None
    generates: Callable[[tuple[Expression, ...]], tuple[StructField, ...]] | None = None
    is_order_sensitive: bool = field(default=False)
    stands_for: RenamingRule | None = None

    def type_call(
        self, name: str, arguments: Sequence[Expression], environment: Environment
    ) -> tuple[tuple[Expression, ...], DataType]:
        if isinstance(self.typing, Signature):
            return self.typing.apply(name, arguments)
        return self.typing(name, arguments, environment)

    def is_nullable(self, arguments: Sequence[Expression]) -> bool:
        match self.nullability:
            case Nullability.NEVER:
                return False
            case Nullability.ALWAYS:
                return True
            case Nullability.ALL_ARGUMENTS:
                return all(a.nullable for a in arguments)
            case Nullability.ARGUMENTS:
                return any(a.nullable for a in arguments)

    def lower(self, invocation: Invocation) -> str:
        return apply_rule(self.engine, invocation)


def apply_rule(rule: EngineRule, invocation: Invocation) -> str:
    return rule(invocation) if callable(rule) else fill(rule, invocation)


def fill(template: str, invocation: Invocation) -> str:
    """`template` with arguments, `{all}`, `{type}` and the call's modifiers put in."""
    values = {**_NO_MODIFIERS, **invocation.modifiers}
    values["all"] = ", ".join(invocation.sql)
    values["type"] = engine.engine_type(invocation.data_type)
    return template.format(*invocation.sql, **values)


def call(name: str, arguments: str = "{all}") -> str:
    """Template of an engine aggregate or window function, with room for DISTINCT, FILTER, OVER and their like."""
    return f"{name}({{distinct}}{arguments}{{nulls}}{{order}}){{filter}}{{over}}"


def scalar(
    parameters: Sequence[Parameter],
    returns: DataType | Callable[[Types], DataType],
    rule: EngineRule,
    *,
    optional: int = 0,
    is_variadic: bool = False,
    unified: tuple[int, ...] | str = (),
    nullability: Nullability = Nullability.ARGUMENTS,
    is_deterministic: bool = True,
    defaults: Sequence[Expression] = (),
) -> Function:
    """A scalar row with a regular signature; every default makes a parameter optional."""
    signature = Signature(
        tuple(parameters), returns, max(optional, len(defaults)), is_variadic, unified, tuple(defaults)
    )
    return Function(signature, rule, nullability=nullability, is_deterministic=is_deterministic)


def aggregate(
    parameters: Sequence[Parameter],
    returns: DataType | Callable[[Types], DataType],
    rule: EngineRule,
    *,
    state: AggregateState | None = None,
    optional: int = 0,
    is_variadic: bool = False,
    nullability: Nullability = Nullability.ALWAYS,
    is_order_sensitive: bool = False,
) -> Function:
    """An aggregate row; its rule makes the engine's aggregate with `call`, so that it also works over windows."""
    signature = Signature(tuple(parameters), returns, optional, is_variadic)
    return Function(
        signature,
        rule,
        FunctionKind.AGGREGATE,
        nullability,
        state=state,
        is_order_sensitive=is_order_sensitive,
    )


def window_function(
    parameters: Sequence[Parameter],
    returns: DataType | Callable[[Types], DataType],
    rule: EngineRule,
    *,
    optional: int = 0,
    nullability: Nullability = Nullability.NEVER,
) -> Function:
    return Function(Signature(tuple(parameters), returns, optional), rule, FunctionKind.WINDOW, nullability)


class Registry:
    """All families in one look-up by lower-case name, with the names that are known but refused."""

    def __init__(self, families: Sequence[Mapping[str, Function]], known: frozenset[str]) -> None:
        self._functions: dict[str, Function] = {}
        for family in families:
            repeated = self._functions.keys() & family.keys()
            if repeated:
                raise ValueError(f"functions in two families: {sorted(repeated)}")
            self._functions.update(family)
        self.known = known - self._functions.keys()

    def find(self, name: str) -> Function | None:
        return self._functions.get(name)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._functions)
