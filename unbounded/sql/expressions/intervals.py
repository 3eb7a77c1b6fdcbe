"""INTERVAL literals: values and units to months or microseconds, typed by the units that were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlglot import exp

from unbounded.plan.unresolved import Expression, Literal
from unbounded.sql.errors import SqlParseError
from unbounded.sql.grammar.tokens import string_value
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import DayTimeField, DayTimeIntervalType, YearMonthField, YearMonthIntervalType

_MONTHS = {"YEAR": (12, YearMonthField.YEAR), "MONTH": (1, YearMonthField.MONTH)}
_MICROSECONDS = {
    "WEEK": (Decimal(604_800_000_000), DayTimeField.DAY),
    "DAY": (Decimal(86_400_000_000), DayTimeField.DAY),
    "HOUR": (Decimal(3_600_000_000), DayTimeField.HOUR),
    "MINUTE": (Decimal(60_000_000), DayTimeField.MINUTE),
    "SECOND": (Decimal(1_000_000), DayTimeField.SECOND),
    "MILLISECOND": (Decimal(1_000), DayTimeField.SECOND),
    "MICROSECOND": (Decimal(1), DayTimeField.SECOND),
    "NANOSECOND": (Decimal("0.001"), DayTimeField.SECOND),
}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_PAIR = re.compile(r"\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s+([a-zA-Z]+)")
_PREFIX = re.compile(r"\s*interval\s+", re.IGNORECASE)
_YEAR_MONTH = re.compile(r"\s*([+-]?)(\d+)-(\d+)\s*")
_SEPARATORS = {DayTimeField.HOUR: r"\s+", DayTimeField.MINUTE: ":", DayTimeField.SECOND: ":"}
_LETTERS = {DayTimeField.DAY: "d", DayTimeField.HOUR: "h", DayTimeField.MINUTE: "m", DayTimeField.SECOND: "s.n"}
_BOUNDS = {DayTimeField.HOUR: 23, DayTimeField.MINUTE: 59, DayTimeField.SECOND: 59}

Pair = tuple[Decimal, str]


def interval_literal(node: exp.Interval, scope: Scope) -> Literal:
    """Every form of INTERVAL; years and months cannot be mixed with days and smaller units."""
    values = node.this.expressions
    unit = node.args["unit"]
    if isinstance(unit, exp.IntervalSpan):
        return _span(node, values[0], unit.this.name.upper(), unit.expression.name.upper(), scope)
    if not unit.expressions:
        return _from_pairs(node, _pairs_in_string(node, values[0], scope), scope)
    pairs = [(_value(node, value, scope), u.name) for value, u in zip(values, unit.expressions, strict=True)]
    return _from_pairs(node, pairs, scope)


def _pairs_in_string(node: exp.Expr, value: exp.Expr, scope: Scope) -> list[Pair]:
    """`'1 day 2 hours'`."""
    text = string_value(value)
    position = prefix.end() if (prefix := _PREFIX.match(text)) is not None else 0
    pairs: list[Pair] = []
    while (match := _PAIR.match(text, position)) is not None and _singular(match[3]) is not None:
        pairs.append((Decimal(match[1] + match[2]), match[3]))
        position = match.end()
    if not pairs or text[position:].strip():
        raise scope.error(node, "INVALID_TYPED_LITERAL", valueType='"INTERVAL"', value=f"'{text}'")
    return pairs


def _value(node: exp.Expr, value: exp.Expr, scope: Scope) -> Decimal:
    if isinstance(value, exp.Neg):
        return -_value(node, value.this, scope)
    text = string_value(value).strip() if isinstance(value, exp.Concat) else value.name
    if _NUMBER.fullmatch(text) is None:
        raise scope.error(node.this, "_LEGACY_ERROR_TEMP_0026", value=text)
    return Decimal(text)


def _singular(unit: str) -> str | None:
    name = unit.upper().removesuffix("S")
    return name if name in _MONTHS or name in _MICROSECONDS else None


def _from_pairs(node: exp.Expr, pairs: list[Pair], scope: Scope) -> Literal:
    units = [_singular(unit) or unit for _, unit in pairs]
    if all(unit in _MONTHS for unit in units):
        return _year_month(node, pairs, scope)
    if any(unit in _MONTHS for unit in units):
        raise scope.error(node, "_LEGACY_ERROR_TEMP_0029", literal=scope.text_of(node))
    total = Decimal(0)
    for (value, unit), name in zip(pairs, units, strict=True):
        if name != "SECOND":
            _refuse_fraction(node, pairs, value, unit, scope)
        total += Decimal(int(value * _MICROSECONDS[name][0]))
    fields = [_MICROSECONDS[name][1] for name in units]
    return Literal(int(total), DayTimeIntervalType(min(fields), max(fields)))


def _year_month(node: exp.Expr, pairs: list[Pair], scope: Scope) -> Literal:
    for value, unit in pairs:
        _refuse_fraction(node, pairs, value, unit, scope)
    units = [_MONTHS[_singular(unit) or unit] for _, unit in pairs]
    months = sum(int(value) * factor for (value, _), (factor, _) in zip(pairs, units, strict=True))
    fields = [field for _, field in units]
    return Literal(months, YearMonthIntervalType(min(fields), max(fields)))


def _refuse_fraction(node: exp.Expr, pairs: list[Pair], value: Decimal, unit: str, scope: Scope) -> None:
    if value != int(value):
        text = "".join(f" {v} {u}" for v, u in pairs)
        raise scope.error(node, "INVALID_INTERVAL_FORMAT.INVALID_FRACTION", input=text, unit=unit)


def _span(node: exp.Expr, value: exp.Expr, start: str, end: str, scope: Scope) -> Literal:
    """`'1 02:03' DAY TO MINUTE`, `'1-2' YEAR TO MONTH`."""
    sign, text_node = (-1, value.this) if isinstance(value, exp.Neg) else (1, value)
    if not isinstance(text_node, exp.Concat):
        raise scope.error(node.this, "_LEGACY_ERROR_TEMP_0027")
    text = string_value(text_node)
    if (start, end) == ("YEAR", "MONTH"):
        return Literal(sign * _parse_year_month(node, text, scope), YearMonthIntervalType())
    names = DayTimeField.__members__
    if start not in names or end not in names or names[start] >= names[end]:
        condition = "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION"
        raise scope.error(node.this, condition, input=text, **{"from": start.lower(), "to": end.lower()})
    data_type = DayTimeIntervalType(names[start], names[end])
    return Literal(sign * _parse_day_time(node, text, data_type, scope), data_type)


def _parse_year_month(node: exp.Expr, text: str, scope: Scope) -> int:
    match = _YEAR_MONTH.fullmatch(text)
    if match is None:
        raise _unmatched(node, text, "year-month", "y-m", "YEAR TO MONTH", scope)
    if int(match[3]) > 11:
        raise scope.error(node.this, "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", input=text, interval="year-month")
    return (-1 if match[1] == "-" else 1) * (int(match[2]) * 12 + int(match[3]))


def _parse_day_time(node: exp.Expr, text: str, data_type: DayTimeIntervalType, scope: Scope) -> int:
    fields = [field for field in DayTimeField if data_type.start <= field <= data_type.end]
    pattern = r"\s*([+-]?)(\d+)" + "".join(_field_pattern(field) for field in fields[1:]) + r"\s*"
    match = re.fullmatch(pattern, text)
    if match is None:
        form = "".join(
            (":" if i and f is not DayTimeField.HOUR else " " if i else "") + _LETTERS[f] for i, f in enumerate(fields)
        )
        unit = data_type.simple_string.removeprefix("interval ").upper()
        raise _unmatched(node, text, "day-time", form, unit, scope)
    numbers = [Decimal(number) for number in match.groups()[1:]]
    for field, number in zip(fields[1:], numbers[1:], strict=True):
        if int(number) > _BOUNDS[field]:
            message = f"requirement failed: {field.name.lower()} {int(number)} outside range [0, {_BOUNDS[field]}]"
            raise scope.error(node.this, "_LEGACY_ERROR_TEMP_0063", msg=message)
    total = sum(int(n * _MICROSECONDS[f.name][0]) for f, n in zip(fields, numbers, strict=True))
    return -total if match[1] == "-" else total


def _field_pattern(field: DayTimeField) -> str:
    fraction = r"(?:\.\d{1,9})?" if field is DayTimeField.SECOND else ""
    return f"{_SEPARATORS[field]}(\\d{{1,2}}{fraction})"


def _unmatched(node: exp.Expr, text: str, kind: str, form: str, unit: str, scope: Scope) -> SqlParseError:
    has_notice = kind == "day-time"
    return scope.error(
        node.this,
        "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING" + ("_WITH_NOTICE" if has_notice else ""),
        intervalStr=kind,
        supportedFormat=f"`[+|-]{form}`, `INTERVAL [+|-]'[+|-]{form}' {unit}`",
        typeName=f"interval {unit.lower()}",
        input=text,
    )


TRANSLATORS: Mapping[type[exp.Expr], Callable[[Any, Scope], Expression]] = {exp.Interval: interval_literal}
