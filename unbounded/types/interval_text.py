"""Interval literals as Spark prints them: `INTERVAL '1 02:03:04.5' DAY TO SECOND`, `INTERVAL '1-2' YEAR TO MONTH`."""

from __future__ import annotations

from unbounded.types.datatypes import DayTimeField, DayTimeIntervalType, YearMonthField, YearMonthIntervalType

_UNIT_US = {
    DayTimeField.DAY: 86_400_000_000,
    DayTimeField.HOUR: 3_600_000_000,
    DayTimeField.MINUTE: 60_000_000,
    DayTimeField.SECOND: 1_000_000,
}


def day_time_text(microseconds: int, data_type: DayTimeIntervalType) -> str:
    """`microseconds` in the fields of `data_type`; the first field takes everything above it."""
    start, end = data_type.start, data_type.end
    rest = abs(microseconds)
    values: list[str] = []
    for field in DayTimeField:
        if not start <= field <= end:
            continue
        count, rest = divmod(rest, _UNIT_US[field])
        number = str(count) if field is DayTimeField.DAY else f"{count:02d}"
        if field is DayTimeField.SECOND and rest:
            number += f".{rest:06d}".rstrip("0")
        values.append((" " if values and field is DayTimeField.HOUR else ":" if values else "") + number)
    sign = "-" if microseconds < 0 else ""
    return f"INTERVAL '{sign}{''.join(values)}' {data_type.simple_string.removeprefix('interval ').upper()}"


def year_month_text(months: int, data_type: YearMonthIntervalType) -> str:
    """`months` in the fields of `data_type`."""
    sign = "-" if months < 0 else ""
    years, rest = divmod(abs(months), 12)
    unit = data_type.simple_string.removeprefix("interval ").upper()
    if data_type.start == data_type.end:
        number = str(abs(months)) if data_type.start is YearMonthField.MONTH else str(years)
        return f"INTERVAL '{sign}{number}' {unit}"
    return f"INTERVAL '{sign}{years}-{rest}' {unit}"
