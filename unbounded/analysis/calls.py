"""Calls by name: finds the function's row, resolves arguments (lambdas too) and lets the row type the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.analysis import names
from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.named_arguments import in_places
from unbounded.analysis.rewrites import rewrite_call
from unbounded.analysis.stars import expand_star
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.input_files import METADATA_FIELDS
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, FunctionKind, LambdaParameter
from unbounded.functions.signature import implicit_cast
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import (
    AggregateCall,
    Alias,
    Call,
    Expression,
    GeneratorCall,
    Lambda,
    LambdaRole,
    LambdaVariable,
    Literal,
    SortOrder,
    WindowFunctionCall,
)
from unbounded.types.datatypes import BOOLEAN, INTEGER, NULL, DataType

_CONSTANT_FUNCTIONS = {
    **{name: name for name in ("current_date", "current_time", "current_timestamp")},
    **dict.fromkeys(("current_user", "session_user", "user"), "current_user"),
}
"""Names that call a function without parentheses."""

_NAMING_FUNCTIONS = frozenset({"struct", "arrays_zip"})
"""Functions that take the names of their result's fields from aliases."""


def resolve_call(call: u.UnresolvedFunction, scope: Scope, analysis: Analysis) -> Expression:
    """The typed call.

    Raises: SparkError UNRESOLVED_ROUTINE, UNBOUNDED_NOT_SUPPORTED, WRONG_NUM_ARGS.*, DATATYPE_MISMATCH.*
    """
    rewritten = rewrite_call(call, analysis)
    if rewritten is not None:
        return analysis.expression(rewritten, scope)
    name = call.name.lower()
    function = REGISTRY.find(name)
    if function is None:
        return _resolve_user_function(call, scope, analysis)
    if name in METADATA_FIELDS:
        analysis.asked.hidden_columns = True
    call = in_places(call)
    arguments = _resolve_arguments(call, function, scope, analysis)
    if any(isinstance(a, GeneratorCall) for a in arguments):
        shown = pretty_name(Call(name, tuple(arguments), NULL))
        nested = analysis_error("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", expression=f'"{shown}"')
        raise nested.without_place()
    if function.stands_for is not None:
        name, renamed = function.stands_for(name, arguments)
        function, arguments = REGISTRY.find(name) or function, list(renamed)
    coerced, data_type = function.type_call(name, arguments, analysis.environment)
    return _build(call, name, function, coerced, data_type, scope, analysis)


def resolve_name_or_constant(parts: tuple[str, ...], scope: Scope, analysis: Analysis) -> Expression:
    """A column; or, if there is none of that name, a function that needs no parentheses."""
    found = names.find_name(parts, scope, analysis)
    if found is not None:
        return found
    if len(parts) == 1 and parts[0].lower() in _CONSTANT_FUNCTIONS:
        called = _CONSTANT_FUNCTIONS[parts[0].lower()]
        return resolve_call(u.UnresolvedFunction(called, ()), scope, analysis)
    raise names.unresolved_column(parts, scope.attributes)


def typed_call(name: str, arguments: Sequence[Expression], data_type: DataType) -> Call:
    """A call whose arguments and type are right already."""
    function = REGISTRY.find(name)
    nullable = function is None or function.is_nullable(arguments)
    return Call(name, tuple(arguments), data_type, nullable)


def implicit(expression: Expression, target: DataType) -> Expression:
    return implicit_cast(expression, target)


def _resolve_arguments(
    call: u.UnresolvedFunction, function: Function, scope: Scope, analysis: Analysis
) -> list[Expression]:
    if function.lambdas is None or not any(isinstance(a, u.Lambda) for a in call.arguments):
        return [e for argument in call.arguments for e in _resolve_argument(argument, call, scope, analysis)]
    plain = [None if isinstance(a, u.Lambda) else analysis.expression(a, scope) for a in call.arguments]
    variables = iter(function.lambdas([e for e in plain if e is not None]))
    resolved: list[Expression] = []
    for argument, expression in zip(call.arguments, plain, strict=True):
        if isinstance(argument, u.Lambda):
            resolved.append(_resolve_lambda(argument, next(variables), scope, analysis))
        elif expression is not None:
            resolved.append(expression)
    return resolved


def _resolve_argument(
    argument: u.Expression, call: u.UnresolvedFunction, scope: Scope, analysis: Analysis
) -> list[Expression]:
    if isinstance(argument, u.UnresolvedStar):
        if call.name.lower() == "count" and not argument.target and not call.is_distinct and len(call.arguments) == 1:
            return [Literal(1, INTEGER)]
        return list(expand_star(argument, scope, analysis))
    if isinstance(argument, u.Alias) and call.name.lower() in _NAMING_FUNCTIONS:
        return [Alias(analysis.expression(argument.child, scope), 0, argument.names[0])]
    return [analysis.expression(argument, scope)]


def _resolve_lambda(
    expression: u.Lambda, offered: tuple[LambdaParameter, ...], scope: Scope, analysis: Analysis
) -> Lambda:
    """Raises: SparkError INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH"""
    count = len(expression.parameters)
    if count < len(offered) or count > len(offered):
        offered = tuple(p for p in offered if p.role is not LambdaRole.INDEX)
    if count != len(offered):
        counts = {"expectedNumArgs": str(count), "actualNumArgs": str(len(offered))}
        mismatch = analysis_error("INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH", **counts)
        mismatch.locate(expression.origin)
        raise mismatch
    variables = _variables(expression.parameters, offered, analysis)
    return Lambda(variables, analysis.expression(expression.body, scope.with_variables(variables)))


def _variables(
    names: Sequence[str], offered: Sequence[LambdaParameter], analysis: Analysis
) -> tuple[LambdaVariable, ...]:
    entry_id = analysis.ids.take()
    made = (
        LambdaVariable(analysis.ids.take(), name, p.data_type, p.nullable, p.role)
        for name, p in zip(names, offered, strict=True)
    )
    return tuple(replace(v, id=entry_id) if v.is_part else v for v in made)


def _build(
    call: u.UnresolvedFunction,
    name: str,
    function: Function,
    arguments: tuple[Expression, ...],
    data_type: DataType,
    scope: Scope,
    analysis: Analysis,
) -> Expression:
    _refuse_nulls_clause(call)
    nullable = function.is_nullable(arguments)
    match function.kind:
        case FunctionKind.SCALAR:
            _refuse_modifiers(call)
            return Call(name, arguments, data_type, nullable)
        case FunctionKind.AGGREGATE:
            return _build_aggregate(call, name, arguments, data_type, nullable, scope, analysis)
        case FunctionKind.WINDOW:
            _refuse_modifiers(call)
            return WindowFunctionCall(name, arguments, data_type, nullable, call.ignores_nulls)
        case FunctionKind.GENERATOR:
            columns = function.generates(arguments) if function.generates else ()
            return GeneratorCall(name, arguments, columns, name.endswith("_outer"))


def _build_aggregate(
    call: u.UnresolvedFunction,
    name: str,
    arguments: tuple[Expression, ...],
    data_type: DataType,
    nullable: bool,
    scope: Scope,
    analysis: Analysis,
) -> AggregateCall:
    condition = analysis.expression(call.filter, scope) if call.filter is not None else None
    order = tuple(SortOrder(analysis.expression(o.child, scope), o.is_ascending, o.has_nulls_first) for o in call.order)
    _check_listed_order(call, name, arguments, order)
    return AggregateCall(
        name,
        arguments,
        data_type,
        nullable,
        call.is_distinct,
        implicit_cast(condition, BOOLEAN) if condition is not None else None,
        order,
        call.ignores_nulls,
    )


def _check_listed_order(
    call: u.UnresolvedFunction, name: str, arguments: tuple[Expression, ...], order: tuple[SortOrder, ...]
) -> None:
    """Distinct values can be ordered by themselves only."""
    if call.is_distinct and order and any(o.child != arguments[0] for o in order):
        raise analysis_error(
            "INVALID_WITHIN_GROUP_EXPRESSION.MISMATCH_WITH_DISTINCT_INPUT",
            funcName=f"`{'listagg' if name == 'string_agg' else name}`",
            funcArg=f'"{pretty_name(arguments[0])}"',
            orderingExpr=", ".join(f'"{pretty_name(o.child)}"' for o in order),
        )


_NULLS_FUNCTIONS = frozenset(
    {
        "first",
        "first_value",
        "any_value",
        "last",
        "last_value",
        "nth_value",
        "lag",
        "lead",
        "collect_list",
        "collect_set",
    }
)
"""Functions behind which IGNORE NULLS may stand."""


def _refuse_nulls_clause(call: u.UnresolvedFunction) -> None:
    if call.ignores_nulls and call.name.lower() not in _NULLS_FUNCTIONS:
        raise analysis_error(
            "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
            prettyName=names.quoted((call.name,)),
            syntax="IGNORE NULLS",
        )


def _refuse_modifiers(call: u.UnresolvedFunction) -> None:
    if call.is_distinct:
        raise analysis_error(
            "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
            prettyName=names.quoted((call.name,)),
            syntax="DISTINCT",
        )
    if call.filter is not None:
        raise analysis_error(
            "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
            prettyName=names.quoted((call.name,)),
            syntax="FILTER CLAUSE",
        )


def _resolve_user_function(call: u.UnresolvedFunction, scope: Scope, analysis: Analysis) -> Expression:
    registered = analysis.catalog.find_function(call.name)
    if registered is not None:
        return analysis.expression(replace(registered, arguments=call.arguments), scope)
    raise unknown_function(call.name, analysis)


def unknown_function(name: str, analysis: Analysis) -> SparkError:
    """Known to Spark but not here, or known to nobody."""
    if name.lower() in REGISTRY.known:
        return not_supported(f"Function {name.lower()}", "The functions supported are listed in docs/differences.md.")
    environment = analysis.environment
    path = f"`system`.`builtin`, `system`.`session`, `{environment.catalog}`.`{environment.database}`"
    return analysis_error("UNRESOLVED_ROUTINE", routineName=names.quoted(name.split(".")), searchPath=f"[{path}]")
