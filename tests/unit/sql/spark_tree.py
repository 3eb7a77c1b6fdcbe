"""An unresolved expression written the way Spark's `parseExpression(...).toString` writes it, for comparison."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from unbounded.plan import unresolved as u
from unbounded.types.datatypes import (
    DateType,
    DayTimeIntervalType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)
from unbounded.types.interval_text import day_time_text, year_month_text

INFIX = {name: name for name in ("+", "-", "*", "/", "%", "div", "&", "|", "^", "<", "<=", ">", ">=", "<=>")} | {
    "<<": "<<",
    ">>": ">>",
    ">>>": ">>>",
    "==": "=",
    "and": "AND",
    "or": "OR",
}


def spark_tree(node: u.Expression) -> str:
    match node:
        case u.Literal():
            return _literal(node)
        case u.UnresolvedAttribute(parts=parts):
            return "'" + ".".join(part if re.fullmatch(r"\w+", part) else f"`{part}`" for part in parts)
        case u.UnresolvedStar(target=target):
            return ".".join((*target, "*"))
        case u.LambdaVariable(name=name):
            return f"lambda '{name}"
        case u.Lambda(body=body, parameters=parameters):
            variables = ", ".join(f"lambda '{parameter}" for parameter in parameters)
            return f"lambdafunction({spark_tree(body)}, {variables}, false)"
        case u.Alias(child=child, names=(name,)):
            return f"{spark_tree(child)} AS {name}"
        case u.Cast(child=child, data_type=data_type, mode=mode):
            prefix = "try_" if mode is u.CastMode.TRY else ""
            return f"{prefix}cast({spark_tree(child)} as {data_type.simple_string})"
        case u.SortOrder(child=child, is_ascending=ascending, has_nulls_first=nulls_first):
            return f"{spark_tree(child)} {'ASC' if ascending else 'DESC'} NULLS {'FIRST' if nulls_first else 'LAST'}"
        case u.WallClockLiteral(value=value):
            return str(datetime(1970, 1, 1) + timedelta(microseconds=value))
        case u.ExtractValue(child=child, extraction=extraction):
            return f"{spark_tree(child)}[{spark_tree(extraction)}]"
        case u.Subquery(kind=kind, values=values):
            return _subquery(kind, [spark_tree(value) for value in values])
        case u.Window():
            return _window(node)
        case u.UnresolvedFunction():
            return _call(node)
        case _:
            raise AssertionError(f"no form for {node}")


def _literal(literal: u.Literal) -> str:
    match literal.value, literal.data_type:
        case value, DayTimeIntervalType() as data_type:
            return day_time_text(value, data_type)
        case value, YearMonthIntervalType() as data_type:
            return year_month_text(value, data_type)
        case None, _:
            return "null"
        case bool() as value, _:
            return str(value).lower()
        case bytes() as value, _:
            return f"0x{value.hex().upper()}"
        case value, DateType():
            return str(date(1970, 1, 1) + timedelta(days=value))
        case value, TimestampType() | TimestampNTZType():
            return str(datetime(1970, 1, 1) + timedelta(microseconds=value))
        case value, _:
            return str(value)


def _subquery(kind: u.SubqueryKind, values: list[str]) -> str:
    if kind is not u.SubqueryKind.IN:
        return {"scalar": "scalar-subquery []", "exists": "exists []"}[kind.value]
    row = ", ".join(f"{value[1:]}, {value}" for value in values)
    return f"{values[0] if len(values) == 1 else f'named_struct({row})'} IN (list [])"


def _window(window: u.Window) -> str:
    frame = "unspecifiedframe$()"
    if window.frame is not None:
        unit = {"ROWS": "RowFrame", "RANGE": "RangeFrame"}[window.frame.unit.value]
        edges = (_edge(window.frame.lower, "preceding"), _edge(window.frame.upper, "following"))
        frame = f"specifiedwindowframe({unit}, {', '.join(edges)})"
    parts = [*map(spark_tree, window.partition), *map(spark_tree, window.order), frame]
    return f"{spark_tree(window.function)} windowspecdefinition({', '.join(parts)})"


def _edge(edge: u.FrameEdge | u.Expression, side: str) -> str:
    match edge:
        case u.FrameEdge.UNBOUNDED:
            return f"unbounded{side}$()"
        case u.FrameEdge.CURRENT_ROW:
            return "currentrow$()"
        case u.Expression():
            return spark_tree(edge)


def _call(call: u.UnresolvedFunction) -> str:
    name, arguments = call.name, [spark_tree(argument) for argument in call.arguments]
    match name, arguments:
        case "-" | "~", [value]:
            return name + value
        case "+", [value]:
            return f"positive({value})"
        case "not", [value]:
            return f"NOT {value}"
        case (("isnull" | "isnotnull"), [value]):
            return f"{name}({value})"
        case _, [left, right] if name in INFIX:
            return f"({left} {INFIX[name]} {right})"
        case "||", _:
            return f"concat({', '.join(arguments)})"
        case "in", [value, *others]:
            return f"{value} IN ({','.join(others)})"
        case "like", [value, pattern, *escape]:
            return f"{value} LIKE {pattern}" + "".join(f" ESCAPE '{character}'" for character in escape)
        case "when", _:
            return _case(arguments)
        case _:
            extras = [*map(spark_tree, call.order), *map(spark_tree, [call.filter] if call.filter else [])]
            return f"{name}({'distinct ' if call.is_distinct else ''}{', '.join((*arguments, *extras))})"


def _case(arguments: list[str]) -> str:
    pairs = zip(arguments[::2], arguments[1::2], strict=False)
    branches = "".join(f" WHEN {condition} THEN {value}" for condition, value in pairs)
    rest = f" ELSE {arguments[-1]}" if len(arguments) % 2 else ""
    return f"CASE{branches}{rest} END"
