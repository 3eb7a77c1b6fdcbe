"""Options of the dashboard sink: what of a query's rows is shown, and how. Every wrong value is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from unbounded.connectors.option_values import INT_MAX, whole_number
from unbounded.errors import ErrorKind, SparkError

DEFAULT_WINDOW = 600
WINDOW_MAX = 10_000

_NAMES = ("title", "chart", "x", "y", "series", "window", "key", "checkpointLocation")
_KNOWN = frozenset(name.lower() for name in _NAMES)


class Chart(Enum):
    """The value is the option's."""

    LINE = "line"
    BAR = "bar"
    TABLE = "table"
    STAT = "stat"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """Columns by their names in the flat table (`flat_fields`). `window`: how many points of x, or rows, are shown.

    `keys`: which columns tell a row from others in update mode; none: every row is a new one.
    """

    title: str | None
    chart: Chart
    x: str | None
    y: tuple[str, ...]
    series: str | None
    window: int
    keys: tuple[str, ...]


def flat_fields(schema: pa.Schema) -> Sequence[tuple[str, pa.DataType]]:
    """The columns shown: a window becomes its start and end, `window.start` and `window.end`."""
    fields = []
    for field in schema:
        if is_window(field.type):
            fields += [(f"{field.name}.{part.name}", part.type) for part in field.type]
        else:
            fields.append((field.name, field.type))
    return fields


def is_window(data_type: pa.DataType) -> bool:
    """Whether it is what `window` and `session_window` make."""
    return pa.types.is_struct(data_type) and [field.name for field in data_type] == ["start", "end"]


def read_options(options: Mapping[str, str], schema: pa.Schema, keys: Sequence[str]) -> DashboardOptions:
    """`options` by names in lower case; `keys`: the query's own, by name.

    Raises: SparkError UNBOUNDED_UNKNOWN_OPTION, UNBOUNDED_INVALID_OPTION
    """
    for name in options:
        if name not in _KNOWN:
            hint = f"There are {', '.join(_NAMES)}."
            parameters = {"option": name, "what": "the dashboard sink", "hint": hint}
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNBOUNDED_UNKNOWN_OPTION", parameters)
    columns = _Columns(dict(flat_fields(schema)))
    chart = _chart(options.get("chart"))
    series = columns.find("series", options.get("series"))
    x = columns.find("x", options.get("x")) or _default_x(chart, columns, series)
    y = columns.numbers("y", options.get("y")) or tuple(
        name for name in columns.types if name not in (x, series) and _is_number(columns.types[name])
    )
    given_keys = [columns.find_all("key", name) for name in _listed(options.get("key") or ",".join(keys))]
    _check_fits(chart, x, y, series)
    return DashboardOptions(
        options.get("title"),
        chart,
        x,
        y,
        series,
        _window(options.get("window")),
        tuple(name for names in given_keys for name in names),
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    types: Mapping[str, pa.DataType]

    def find(self, option: str, name: str | None) -> str | None:
        return None if name is None else self.find_all(option, name)[0]

    def find_all(self, option: str, name: str) -> Sequence[str]:
        """The column called so, whatever the case; both of a window, its start first."""
        wanted = name.strip().lower()
        found = [column for column in self.types if column.lower() in (wanted, f"{wanted}.start", f"{wanted}.end")]
        if not found:
            raise _invalid(f"The option {option} names the column {name}, but there are {', '.join(self.types)}.")
        return found

    def numbers(self, option: str, names: str | None) -> tuple[str, ...]:
        found = tuple(self.find_all(option, name)[0] for name in _listed(names))
        for name in found:
            if not _is_number(self.types[name]):
                raise _invalid(f"The option {option} names the column {name}, which holds no numbers.")
        return found


def _chart(text: str | None) -> Chart:
    if text is None:
        return Chart.TABLE
    try:
        return Chart(text.lower())
    except ValueError:
        names = ", ".join(chart.value for chart in Chart)
        raise _invalid(f"The option chart is {text}, but must be one of {names}.") from None


def _window(text: str | None) -> int:
    if text is None:
        return DEFAULT_WINDOW
    try:
        value = whole_number(text, INT_MAX)
    except SparkError:
        value = 0
    if not 1 <= value <= WINDOW_MAX:
        raise _invalid(f"The option window is {text}, but must be a whole number from 1 to {WINDOW_MAX}.")
    return value


def _default_x(chart: Chart, columns: _Columns, series: str | None) -> str | None:
    """The first time; else, but for a line, the first column that holds no numbers."""
    if chart in (Chart.TABLE, Chart.STAT):
        return None
    others = [name for name in columns.types if name != series]
    times = [name for name in others if pa.types.is_temporal(columns.types[name])]
    texts = [name for name in others if not _is_number(columns.types[name])]
    return next(iter(times or texts or others), None)


def _check_fits(chart: Chart, x: str | None, y: Sequence[str], series: str | None) -> None:
    if chart is not Chart.TABLE and not y:
        raise _invalid(f"The chart {chart.value} needs a column of numbers: name it with the option y.")
    if chart is Chart.HEAT and (series is None or len(y) != 1):
        raise _invalid("The chart heat needs the options series (its rows) and y (one column, the colour).")
    if chart in (Chart.LINE, Chart.BAR) and series is not None and len(y) != 1:
        raise _invalid(f"The chart {chart.value} with the option series needs one column y, not {', '.join(y)}.")
    if x is not None and x in y:
        raise _invalid(f"The column {x} cannot be both x and y.")


def _listed(names: str | None) -> Sequence[str]:
    return [name for name in map(str.strip, (names or "").split(",")) if name]


def _is_number(data_type: pa.DataType) -> bool:
    kinds = pa.types
    return bool(kinds.is_integer(data_type) or kinds.is_floating(data_type) or kinds.is_decimal(data_type))


def _invalid(message: str) -> SparkError:
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNBOUNDED_INVALID_OPTION", {"message": message})
