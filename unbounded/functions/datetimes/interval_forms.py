"""Intervals to text and back: `INTERVAL '1 02:03:04' DAY TO SECOND`, `1 years 2 months`, and what casts read."""

from __future__ import annotations

from unbounded.errors import ErrorKind
from unbounded.functions.engine import raise_error, text
from unbounded.types.datatypes import (
    DayTimeField,
    DayTimeIntervalType,
    YearMonthField,
    YearMonthIntervalType,
)

UNIT_US = {
    DayTimeField.DAY: 86_400_000_000,
    DayTimeField.HOUR: 3_600_000_000,
    DayTimeField.MINUTE: 60_000_000,
    DayTimeField.SECOND: 1_000_000,
}
_FORMS = {DayTimeField.DAY: "d", DayTimeField.HOUR: "h", DayTimeField.MINUTE: "m", DayTimeField.SECOND: "s.n"}

AnsiInterval = DayTimeIntervalType | YearMonthIntervalType


def interval_text(value: str, data_type: AnsiInterval) -> str:
    """Engine text of `CAST(value AS STRING)`."""
    body = (
        _day_time_body(value, data_type)
        if isinstance(data_type, DayTimeIntervalType)
        else _year_month_body(value, data_type)
    )
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    return f"('INTERVAL ''' || {sign} || {body} || ''' {_unit_words(data_type)}')"


def _day_time_body(value: str, data_type: DayTimeIntervalType) -> str:
    """The first field takes everything above it; all but days have two digits."""
    rest = f"abs(CAST({value} AS HUGEINT))"
    parts: list[str] = []
    for field in _fields(data_type):
        unit = UNIT_US[field]
        shown = f"CAST({rest} // {unit} AS VARCHAR)"
        if field is not DayTimeField.DAY:
            shown = f"lpad({shown}, CAST(greatest(2, length({shown})) AS INTEGER), '0')"
        if field is DayTimeField.SECOND:
            fraction = f"rtrim(printf('.%06d', CAST({rest} % {unit} AS BIGINT)), '0')"
            shown += f" || CASE WHEN {rest} % {unit} > 0 THEN {fraction} ELSE '' END"
        separator = "" if not parts else "' ' || " if field is DayTimeField.HOUR else "':' || "
        parts.append(separator + shown)
        rest = f"({rest} % {unit})"
    return " || ".join(parts)


def _year_month_body(value: str, data_type: YearMonthIntervalType) -> str:
    months = f"abs(CAST({value} AS BIGINT))"
    years = f"CAST({months} // 12 AS VARCHAR)"
    if data_type.start == data_type.end:
        return years if data_type.start is YearMonthField.YEAR else f"CAST({months} AS VARCHAR)"
    return f"{years} || '-' || CAST({months} % 12 AS VARCHAR)"


def calendar_interval_text(value: str) -> str:
    """`1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds`, without the zero parts."""
    parts = [
        f"CASE WHEN datepart('{unit}', {value}) <> 0 THEN datepart('{unit}', {value}) || ' {unit}s' END"
        for unit in ("year", "month", "day", "hour", "minute")
    ]
    us = f"datepart('microsecond', {value})"
    sign = f"CASE WHEN {us} < 0 THEN '-' ELSE '' END"
    fraction = f"rtrim(rtrim(printf('.%06d', abs({us}) % 1000000), '0'), '.')"
    parts.append(f"CASE WHEN {us} <> 0 THEN {sign} || abs({us}) // 1000000 || {fraction} || ' seconds' END")
    joined = f"concat_ws(' ', {', '.join(parts)})"
    return f"CASE WHEN {value} IS NOT NULL THEN CASE WHEN {joined} = '' THEN '0 seconds' ELSE {joined} END END"


def interval_from_text(value: str, data_type: AnsiInterval) -> str:
    """Engine text that reads `1 02:03:04`, or the same with the words around it; NULL where it cannot."""
    words = _unit_words(data_type).replace(" ", r"\s+")
    plain = rf"regexp_replace(spark_trim({value}), '(?i)^INTERVAL\s+([+-]?)''(.*)''\s+{words}$', '\1\2')"
    if isinstance(data_type, DayTimeIntervalType):
        pattern, names, sum_of_parts = _day_time_reader(data_type)
    else:
        pattern, names, sum_of_parts = _year_month_reader(data_type)
    captured = f"regexp_extract({plain}, '^([+-]?)([+-]?){pattern}$', ['x', 'z', {', '.join(map(text, names))}])"
    sign = "CASE WHEN (p.x = '-') <> (p.z = '-') THEN -1 ELSE 1 END"
    total = f"CAST({sum_of_parts} * {sign} AS {'BIGINT' if isinstance(data_type, DayTimeIntervalType) else 'INTEGER'})"
    return f"list_transform([{captured}], lambda p : CASE WHEN p.{names[0]} <> '' THEN TRY({total}) END)[1]"


def _day_time_reader(data_type: DayTimeIntervalType) -> tuple[str, list[str], str]:
    fields = _fields(data_type)
    pieces, names, terms = [], [], []
    for i, field in enumerate(fields):
        pieces.append((" " if field is DayTimeField.HOUR else ":") if i else "")
        pieces.append(r"(\d{1,2})" if i else r"(\d+)")
        name = field.name[0].lower()
        names.append(name)
        limit = "" if not i else "24" if field is DayTimeField.HOUR else "60"
        number = f"CAST(p.{name} AS BIGINT)"
        terms.append(
            f"CASE WHEN {number} < {limit} THEN {number} * {UNIT_US[field]} END"
            if limit
            else f"{number} * {UNIT_US[field]}"
        )
    if fields[-1] is DayTimeField.SECOND:
        pieces.append(r"(?:[.](\d{1,9}))?")
        names.append("f")
        terms.append("CAST(left(rpad(p.f, 6, '0'), 6) AS BIGINT)")
    return "".join(pieces), names, f"({' + '.join(terms)})"


def _year_month_reader(data_type: YearMonthIntervalType) -> tuple[str, list[str], str]:
    if data_type.start == data_type.end:
        factor = 12 if data_type.start is YearMonthField.YEAR else 1
        return r"(\d+)", ["n"], f"CAST(p.n AS BIGINT) * {factor}"
    months = "CASE WHEN CAST(p.m AS BIGINT) < 12 THEN CAST(p.m AS BIGINT) END"
    return r"(\d+)-(\d+)", ["y", "m"], f"(CAST(p.y AS BIGINT) * 12 + {months})"


def unreadable_interval(value: str, data_type: AnsiInterval) -> str:
    """The error for a text that is no interval of this type, in every mode but TRY."""
    unit = _unit_words(data_type)
    is_day_time = isinstance(data_type, DayTimeIntervalType)
    form = _day_time_form(data_type) if isinstance(data_type, DayTimeIntervalType) else _year_month_form(data_type)
    notice = "_WITH_NOTICE" if is_day_time else ""
    parameters = {
        "intervalStr": "day-time" if is_day_time else "year-month",
        "supportedFormat": f"`[+|-]{form}`, `INTERVAL [+|-]'[+|-]{form}' {unit}`",
        "typeName": data_type.simple_string,
    }
    condition = f"INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING{notice}"
    return raise_error(ErrorKind.ILLEGAL_ARGUMENT, condition, parameters, {"input": value})


def _day_time_form(data_type: DayTimeIntervalType) -> str:
    fields = _fields(data_type)
    separators = ["" if not i else " " if f is DayTimeField.HOUR else ":" for i, f in enumerate(fields)]
    return "".join(s + _FORMS[f] for s, f in zip(separators, fields, strict=True))


def _year_month_form(data_type: YearMonthIntervalType) -> str:
    return "y-m" if data_type.start != data_type.end else data_type.start.name[0].lower()


def _fields(data_type: DayTimeIntervalType) -> list[DayTimeField]:
    return [field for field in DayTimeField if data_type.start <= field <= data_type.end]


def _unit_words(data_type: AnsiInterval) -> str:
    return data_type.simple_string.removeprefix("interval ").upper()
