"""Unresolved expression -> typed expression, in a scope. Dispatches; the work of calls is in `calls`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from unbounded.analysis import calls, names, structs, subqueries, windows
from unbounded.analysis.casts import check_cast
from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.stars import expand_star
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.functions.naming import literal_name, pretty_name
from unbounded.functions.zones import instant_us, wall_clock_us, zone_named
from unbounded.plan import unresolved as u
from unbounded.plan.event_time import inherited_metadata
from unbounded.plan.expressions import (
    Alias,
    Attribute,
    Call,
    Cast,
    CastMode,
    Exists,
    Expression,
    GetField,
    Literal,
    NamedExpression,
    PythonCall,
    PythonEvaluation,
    ScalarSubquery,
    SortOrder,
)
from unbounded.plan.streaming import is_streaming
from unbounded.sql import parse_expression
from unbounded.types.datatypes import (
    INTEGER,
    TIMESTAMP,
    ArrayType,
    DataType,
    IntegralType,
    MapType,
    NullType,
    StructType,
)
from unbounded.types.metadata import freeze_metadata


def resolve_expression(expression: u.Expression, scope: Scope, analysis: Analysis) -> Expression:
    """The typed form of `expression` over the columns of `scope`.

    Raises: SparkError (AnalysisException) for unknown names, wrong types, wrong argument counts; it says where in the
        SQL text it belongs, if the expression comes from one
    """
    try:
        return _resolve(expression, scope, analysis)
    except SparkError as error:
        error.locate(getattr(expression, "origin", None))
        raise


def _resolve(expression: u.Expression, scope: Scope, analysis: Analysis) -> Expression:
    match expression:
        case u.Literal(value=value, data_type=data_type):
            return _literal(value, data_type, analysis)
        case u.WallClockLiteral(value=value):
            return _literal(instant_us(value, zone_named(analysis.environment.time_zone)), TIMESTAMP, analysis)
        case u.UnresolvedAttribute():
            return _resolve_attribute(expression, scope, analysis)
        case u.UnresolvedFunction():
            return calls.resolve_call(expression, scope, analysis)
        case u.Alias(child=child, names=(name, *_)):
            return Alias(resolve_expression(child, scope, analysis), 0, name)
        case u.Cast():
            return _resolve_cast(expression, scope, analysis)
        case u.ExtractValue(child=child, extraction=extraction):
            return _resolve_extraction(
                resolve_expression(child, scope, analysis), resolve_expression(extraction, scope, analysis), analysis
            )
        case u.Window():
            return windows.resolve_window(expression, scope, analysis)
        case u.PythonFunction():
            return _resolve_python(expression, scope, analysis)
        case u.UpdateFields():
            return structs.resolve_update_fields(expression, scope, analysis)
        case u.ExpressionText(text=text):
            return resolve_expression(parse_expression(text), scope, analysis)
        case u.Subquery():
            return _resolve_subquery(expression, scope, analysis)
        case u.OuterReference(child=child):
            return resolve_expression(child, scope.outer or scope, analysis)
        case u.LambdaVariable(name=name):
            return names.resolve_name((name,), scope, analysis)
        case u.UnresolvedStar() | u.UnresolvedRegex():
            raise analysis_error("INVALID_USAGE_OF_STAR_OR_REGEX", elem="'*'", prettyName="expression")
        case u.NamedArgument(key=key):
            raise analysis_error("NAMED_PARAMETERS_NOT_SUPPORTED", functionName=key)
        case _:
            raise not_supported(f"Expression {type(expression).__name__}", "Rewrite the query without it.")


def _literal(value: Any, data_type: DataType, analysis: Analysis) -> Literal:
    """An instant is shown in the session's zone."""
    if value is None or data_type != TIMESTAMP or analysis.environment.is_utc:
        return Literal(value, data_type)
    local = wall_clock_us(value, zone_named(analysis.environment.time_zone))
    return Literal(value, data_type, shown=literal_name(local, TIMESTAMP))


def resolve_named(expression: u.Expression, scope: Scope, analysis: Analysis) -> NamedExpression:
    """The typed form as a column with a name: an attribute, or an alias with the name given or Spark's own."""
    expression = parsed(expression)
    if isinstance(expression, u.Alias):
        child = resolve_expression(expression.child, scope, analysis)
        metadata = (
            freeze_metadata(json.loads(expression.metadata)) if expression.metadata else inherited_metadata(child)
        )
        return analysis.ids.alias(child, expression.names[0], metadata)
    return name_expression(resolve_expression(expression, scope, analysis), expression, analysis)


def name_expression(resolved: Expression, original: u.Expression, analysis: Analysis) -> NamedExpression:
    """`resolved` under Spark's own name for it."""
    match resolved:
        case Attribute() | Alias():
            return resolved
        case GetField() | Call(function="get_item") if isinstance(original, u.UnresolvedAttribute):
            metadata = resolved.field.metadata if isinstance(resolved, GetField) else ()
            return analysis.ids.alias(resolved, original.parts[-1], metadata)
        case Cast(child=Attribute(name=name)) if isinstance(original, u.Cast):
            return analysis.ids.alias(resolved, name)
        case _:
            return analysis.ids.alias(resolved, pretty_name(resolved), inherited_metadata(resolved))


def resolve_projection(
    expressions: Sequence[u.Expression], scope: Scope, analysis: Analysis
) -> tuple[NamedExpression, ...]:
    """A select list without generators: stars expanded, everything named."""
    result: list[NamedExpression] = []
    for expression in map(parsed, expressions):
        if isinstance(expression, u.UnresolvedStar | u.UnresolvedRegex):
            result.extend(_expand(expression, scope, analysis))
        else:
            result.append(resolve_named(expression, scope, analysis))
    return tuple(result)


def _expand(
    star: u.UnresolvedStar | u.UnresolvedRegex, scope: Scope, analysis: Analysis
) -> tuple[NamedExpression, ...]:
    try:
        return expand_star(star, scope, analysis)
    except SparkError as error:
        error.locate(getattr(star, "origin", None))
        raise


def resolve_sort_order(order: u.SortOrder, scope: Scope, analysis: Analysis) -> SortOrder:
    child = resolve_expression(order.child, scope, analysis)
    if isinstance(child.data_type, MapType):
        raise analysis_error(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            sqlExpr=f'"{pretty_name(child)} {"ASC" if order.is_ascending else "DESC"} NULLS '
            f'{"FIRST" if order.has_nulls_first else "LAST"}"',
            functionName="`sortorder`",
            dataType=f'"{child.data_type.sql_name}"',
        )
    return SortOrder(child, order.is_ascending, order.has_nulls_first)


def parsed(expression: u.Expression) -> u.Expression:
    """What the text of `expr` and `selectExpr` says; any other expression as it is."""
    return parse_expression(expression.text) if isinstance(expression, u.ExpressionText) else expression


def _resolve_attribute(attribute: u.UnresolvedAttribute, scope: Scope, analysis: Analysis) -> Expression:
    if attribute.plan_id is None:
        return calls.resolve_name_or_constant(attribute.parts, scope, analysis)
    if attribute.is_metadata_column:
        return names.resolve_metadata_in_plan(attribute.parts, attribute.plan_id, scope, analysis)
    return names.resolve_in_plan(attribute.parts, attribute.plan_id, scope, analysis)


_CAST_MODES = {u.CastMode.ANSI: CastMode.ANSI, u.CastMode.TRY: CastMode.TRY, u.CastMode.LEGACY: CastMode.LEGACY}


def _resolve_cast(expression: u.Cast, scope: Scope, analysis: Analysis) -> Expression:
    child = resolve_expression(expression.child, scope, analysis)
    default = CastMode.ANSI if analysis.environment.is_ansi else CastMode.LEGACY
    mode = _CAST_MODES.get(expression.mode, default)
    resolved = Cast(
        child, expression.data_type, mode, is_implicit=not expression.is_shown, is_from_sql=expression.is_from_sql
    )
    check_cast(resolved)
    return resolved


def _resolve_extraction(child: Expression, extraction: Expression, analysis: Analysis) -> Expression:
    match child.data_type:
        case StructType() | ArrayType(element_type=StructType()) if isinstance(extraction, Literal) and isinstance(
            extraction.value, str
        ):
            return names.field_of(child, extraction.value, analysis)
        case ArrayType(element_type=element):
            if not isinstance(extraction.data_type, IntegralType | NullType):
                raise analysis_error(
                    "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                    sqlExpr=f'"{pretty_name(child)}[{pretty_name(extraction)}]"',
                    paramIndex="second",
                    requiredType='"INTEGRAL"',
                    inputSql=f'"{pretty_name(extraction)}"',
                    inputType=f'"{extraction.data_type.sql_name}"',
                )
            return calls.typed_call("get_item", (child, calls.implicit(extraction, INTEGER)), element)
        case MapType(key_type=key, value_type=value):
            return calls.typed_call("get_item", (child, calls.implicit(extraction, key)), value)
        case other:
            raise analysis_error(
                "INVALID_EXTRACT_BASE_FIELD_TYPE", base=f'"{pretty_name(child)}"', other=f'"{other.sql_name}"'
            )


def _resolve_python(expression: u.PythonFunction, scope: Scope, analysis: Analysis) -> Expression:
    named = [a if isinstance(a, u.NamedArgument) else u.NamedArgument("", a) for a in expression.arguments]
    return PythonCall(
        expression.name,
        tuple(resolve_expression(a.value, scope, analysis) for a in named),
        expression.command,
        PythonEvaluation(expression.eval_type),
        expression.output_type,
        expression.is_deterministic,
        tuple(a.key or None for a in named),
    )


def _resolve_subquery(expression: u.Subquery, scope: Scope, analysis: Analysis) -> Expression:
    plan = analysis.subquery(expression.query, scope)
    if is_streaming(plan):
        raise analysis_error("INVALID_SUBQUERY_EXPRESSION.STREAMING_QUERY")
    match expression.kind:
        case u.SubqueryKind.SCALAR:
            if len(plan.output) != 1:
                raise analysis_error(
                    "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                    number=str(len(plan.output)),
                )
            return ScalarSubquery(plan)
        case u.SubqueryKind.EXISTS:
            return Exists(plan)
        case u.SubqueryKind.IN:
            values = tuple(resolve_expression(v, scope, analysis) for v in expression.values)
            return subqueries.type_in_subquery(values, plan)
        case _:
            raise not_supported("A table argument outside a table function call", "Call a table function with it.")
