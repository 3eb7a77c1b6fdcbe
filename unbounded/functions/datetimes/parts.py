"""Parts of dates and times: year to second, days of the week, names, and `extract` over all of them and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.datetimes.interval_forms import UNIT_US
from unbounded.functions.datetimes.parameters import ANY_TIMESTAMP, wall_clock_of
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_DATE, Parameter, Signature
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import (
    BYTE,
    DOUBLE,
    INTEGER,
    NULL,
    STRING,
    CalendarIntervalType,
    DataType,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    YearMonthField,
    YearMonthIntervalType,
)

_SECONDS = DecimalType(8, 6)
_MICROSECOND = "CAST('0.000001' AS DECIMAL(7, 6))"


def _whole(engine: str) -> str:
    return f"CAST({engine} AS INTEGER)"


_DATE_PARTS = {
    "year": _whole("year({0})"),
    "quarter": _whole("quarter({0})"),
    "month": _whole("month({0})"),
    "day": _whole("day({0})"),
    "dayofmonth": _whole("day({0})"),
    "dayofweek": _whole("dayofweek({0}) + 1"),
    "weekday": _whole("isodow({0}) - 1"),
    "dayofyear": _whole("dayofyear({0})"),
    "weekofyear": _whole("weekofyear({0})"),
}
_CLOCK_PARTS = ("hour", "minute", "second")


def _clock_part(unit: str) -> Function:
    def rule(invocation: Invocation) -> str:
        return _whole(f"{unit}({wall_clock_of(invocation)})")

    return scalar([ANY_TIMESTAMP], INTEGER, rule)


# ------------------------------------------------------------------------------------------------ extract


@dataclass(frozen=True, slots=True)
class _Field:
    """What `extract` gives for a field: its type, and engine SQL over the wall clock or the interval."""

    data_type: DataType
    engine: str
    parameter: str = "date"


def _over_date(engine: str) -> _Field:
    return _Field(INTEGER, engine)


def _seconds_of(us: str) -> str:
    return f"CAST(CAST({us} AS DECIMAL(9, 0)) * {_MICROSECOND} AS DECIMAL(8, 6))"


_YEAR = ("YEAR", "Y", "YEARS", "YR", "YRS")
_MONTH = ("MONTH", "MON", "MONS", "MONTHS")
_DAY = ("DAY", "D", "DAYS")
_HOUR = ("HOUR", "H", "HOURS", "HR", "HRS")
_MINUTE = ("MINUTE", "M", "MIN", "MINS", "MINUTES")
_SECOND = ("SECOND", "S", "SEC", "SECONDS", "SECS")

_TIME_FIELDS: dict[tuple[str, ...], _Field] = {
    _YEAR: _over_date(_DATE_PARTS["year"]),
    ("YEAROFWEEK",): _over_date(_whole("isoyear({0})")),
    ("QUARTER", "QTR"): _over_date(_DATE_PARTS["quarter"]),
    _MONTH: _over_date(_DATE_PARTS["month"]),
    ("WEEK", "W", "WEEKS"): _over_date(_DATE_PARTS["weekofyear"]),
    _DAY: _over_date(_DATE_PARTS["day"]),
    ("DAYOFWEEK", "DOW"): _over_date(_DATE_PARTS["dayofweek"]),
    ("DAYOFWEEK_ISO", "DOW_ISO"): _over_date(_whole("isodow({0})")),
    ("DOY",): _over_date(_DATE_PARTS["dayofyear"]),
    _HOUR: _Field(INTEGER, _whole("hour({0})"), "timestamp"),
    _MINUTE: _Field(INTEGER, _whole("minute({0})"), "timestamp"),
    _SECOND: _Field(_SECONDS, _seconds_of("microsecond({0})"), "timestamp"),
}
_YEAR_MONTH_FIELDS: dict[tuple[str, ...], _Field] = {
    _YEAR: _Field(INTEGER, "({0} // 12)"),
    _MONTH: _Field(BYTE, "CAST({0} % 12 AS TINYINT)"),
}
_DAY_TIME_FIELDS: dict[tuple[str, ...], _Field] = {
    _DAY: _Field(INTEGER, f"CAST({{0}} // {UNIT_US[DayTimeField.DAY]} AS INTEGER)"),
    _HOUR: _Field(BYTE, f"CAST({{0}} % {UNIT_US[DayTimeField.DAY]} // {UNIT_US[DayTimeField.HOUR]} AS TINYINT)"),
    _MINUTE: _Field(BYTE, f"CAST({{0}} % {UNIT_US[DayTimeField.HOUR]} // {UNIT_US[DayTimeField.MINUTE]} AS TINYINT)"),
    _SECOND: _Field(_SECONDS, _seconds_of(f"({{0}} % {UNIT_US[DayTimeField.MINUTE]})")),
}
_CALENDAR_FIELDS: dict[tuple[str, ...], _Field] = {
    _YEAR: _Field(INTEGER, "CAST(datepart('year', {0}) AS INTEGER)"),
    _MONTH: _Field(BYTE, "CAST(datepart('month', {0}) AS TINYINT)"),
    _DAY: _Field(INTEGER, "CAST(datepart('day', {0}) AS INTEGER)"),
    _HOUR: _Field(BYTE, "CAST(datepart('hour', {0}) % 24 AS TINYINT)"),
    _MINUTE: _Field(BYTE, "CAST(datepart('minute', {0}) AS TINYINT)"),
    _SECOND: _Field(_SECONDS, _seconds_of("datepart('microsecond', {0})")),
}


def _fields_of(source: DataType) -> dict[tuple[str, ...], _Field]:
    match source:
        case YearMonthIntervalType(start=start, end=end):
            held = [
                names
                for names, f in ((_YEAR, YearMonthField.YEAR), (_MONTH, YearMonthField.MONTH))
                if start <= f <= end
            ]
            return {names: _YEAR_MONTH_FIELDS[names] for names in held}
        case DayTimeIntervalType(start=start, end=end):
            named = zip((_DAY, _HOUR, _MINUTE, _SECOND), DayTimeField, strict=True)
            return {names: _DAY_TIME_FIELDS[names] for names, field in named if start <= field <= end}
        case CalendarIntervalType():
            return _CALENDAR_FIELDS
        case _:
            return _TIME_FIELDS


def _find_field(name: str, source: DataType) -> _Field | None:
    return next((field for names, field in _fields_of(source).items() if name.upper() in names), None)


def _type_extract(
    name: str, arguments: Sequence[Expression], environment: Environment
) -> tuple[tuple[Expression, ...], DataType]:
    Signature((_FIELD_NAME, _ANY_SOURCE), NULL).apply(name, arguments)
    wanted, source = arguments
    if not isinstance(wanted, Literal):
        raise _not_constant(name)
    if wanted.value is None:
        return (wanted, source), DOUBLE
    field = _find_field(wanted.value, source.data_type)
    if field is None:
        raise analysis_error("INVALID_EXTRACT_FIELD", field=f"`{wanted.value}`", expr=f'"{pretty_name(source)}"')
    if _fields_of(source.data_type) is not _TIME_FIELDS:
        return (wanted, source), field.data_type
    (source,), _ = Signature((P_DATE if field.parameter == "date" else ANY_TIMESTAMP,), NULL).apply(
        _PART_FUNCTIONS.get(field.engine, name), (source,)
    )
    return (wanted, source), field.data_type


def _not_constant(name: str) -> SparkError:
    return analysis_error(
        "NON_FOLDABLE_ARGUMENT", funcName=f"`{name}`", paramName="`field`", paramType=f'"{STRING.sql_name}"'
    )


def _lower_extract(invocation: Invocation) -> str:
    wanted = invocation.constant(0)
    if wanted is None:
        return "CAST(NULL AS DOUBLE)"
    field = _find_field(wanted, invocation.type_of(1))
    if field is None:
        raise KeyError(wanted)
    return field.engine.format(wall_clock_of(invocation, 1))


_PART_FUNCTIONS = {engine: name for name, engine in reversed(_DATE_PARTS.items())}
"""By which function's name an error calls the part: `year(1)`."""

_FIELD_NAME = Parameter('"STRING"', lambda given: given)
_ANY_SOURCE = Parameter('"ANY"', lambda given: given)
_EXTRACT = Function(_type_extract, _lower_extract, nullability=Nullability.ALWAYS)

FUNCTIONS: dict[str, Function] = {
    **{name: scalar([P_DATE], INTEGER, engine) for name, engine in _DATE_PARTS.items()},
    **{name: _clock_part(name) for name in _CLOCK_PARTS},
    "dayname": scalar([P_DATE], STRING, "strftime({0}, '%a')"),
    "monthname": scalar([P_DATE], STRING, "strftime({0}, '%b')"),
    "extract": _EXTRACT,
    "date_part": _EXTRACT,
    "datepart": _EXTRACT,
}
