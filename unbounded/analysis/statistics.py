"""describe, summary and df.stat: crosstab, covariance, correlation, quantiles, stratified samples.

Each is rewritten into ordinary aggregates; describe and summary name columns by position, as names may be equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import find_name, quoted, resolve_name
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.identifiers import parse_column_name
from unbounded.plan.logical import LogicalPlan
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    LONG,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    NumericType,
    StringType,
)
from unbounded.types.java_text import java_double_text

_DESCRIBE = ("count", "mean", "stddev", "min", "max")
_SUMMARY = ("count", "mean", "stddev", "min", "25%", "50%", "75%", "max")
_STANDARD_ACCURACY = 10_000


def resolve_summary(relation: u.Summary, analysis: Analysis) -> LogicalPlan:
    """One row per statistic, one column of text per numeric or string column. An empty choice means all of them."""
    child = analysis.relation(relation.child)
    chosen = [_column(name, child, analysis) for name in relation.columns] or list(child.output)
    described = [a for a in chosen if isinstance(a.data_type, NumericType | StringType)]
    statistics = relation.statistics or (_DESCRIBE if relation.is_describe else _SUMMARY)
    source = _renumbered(relation.child, child)
    positions = {a.id: i for i, a in enumerate(child.output)}
    columns = [(_numbered(positions[a.id]), a) for a in described]
    return analysis.relation(_summary_rows(source, columns, statistics))


def _summary_rows(
    source: u.Relation, columns: Sequence[tuple[u.Expression, Attribute]], statistics: Sequence[str]
) -> u.Relation:
    """All statistics in one pass, as one row; then that row as one row per statistic."""
    computed = [_statistic(name, column, a.data_type) for name in statistics for column, a in columns]
    aggregate = u.Aggregate(source, (), tuple(u.Alias(e, (f"s{i}",)) for i, e in enumerate(computed)))
    names = ("summary", *(a.name for _, a in columns))
    rows = []
    for i, statistic in enumerate(statistics):
        cells = [u.UnresolvedAttribute((f"s{i * len(columns) + n}",)) for n in range(len(columns))]
        fields: list[u.Expression] = [_text("f0"), _text(statistic)]
        for n, cell in enumerate(cells, 1):
            fields += [_text(f"f{n}"), cell]
        rows.append(_call("named_struct", *fields))
    one_row: u.Relation = aggregate if columns else u.OneRow()
    return u.ToDF(u.Project(one_row, (_call("inline", _call("array", *rows)),)), names)


def _statistic(name: str, column: u.Expression, data_type: DataType) -> u.Expression:
    """Raises: SparkError UNRECOGNIZED_STATISTIC, or "requirement failed" for a percentile beyond 100"""
    number = column if isinstance(data_type, NumericType) else u.Cast(column, DOUBLE, u.CastMode.TRY)
    simple = _STATISTICS.get(name.lower())
    if simple is not None:
        value = simple(column, number)
    elif name.endswith("%"):
        value = _percentile(name, number, data_type)
    else:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNRECOGNIZED_STATISTIC", {"stats": f"'{name}'"})
    return u.Cast(value, STRING)


def _percentile(name: str, number: u.Expression, data_type: DataType) -> u.Expression:
    try:
        share = float(name.removesuffix("%")) / 100
    except ValueError:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNRECOGNIZED_STATISTIC", {"stats": f"'{name}'"}) from None
    if not 0 <= share <= 1:
        raise requirement_failed("Percentiles must be in the range [0, 1]")
    value = _call("percentile_approx", number, u.Literal(share, DOUBLE))
    return u.Cast(value, DOUBLE) if isinstance(data_type, DecimalType) else value


_STATISTICS: dict[str, Callable[[u.Expression, u.Expression], u.Expression]] = {
    "count": lambda column, number: _call("count", column),
    "count_distinct": lambda column, number: u.UnresolvedFunction("count", (column,), is_distinct=True),
    "approx_count_distinct": lambda column, number: _call("approx_count_distinct", column),
    "mean": lambda column, number: _call("avg", number),
    "stddev": lambda column, number: _call("stddev_samp", number),
    "min": lambda column, number: _call("min", column),
    "max": lambda column, number: _call("max", column),
}
"""From the column and its numeric form."""


def resolve_crosstab(relation: u.Crosstab, analysis: Analysis) -> LogicalPlan:
    """Missing values count as the text `null`; backticks in values are left out of the names of columns."""
    rows, values = (_named(name) for name in (relation.row_column, relation.value_column))
    key = u.Alias(_text_or_null(rows), (f"{relation.row_column}_{relation.value_column}",))
    without_quotes = _call("replace", _text_or_null(values), _text("`"), _text(""))
    count = _call("count", u.Literal(1, INTEGER))
    counted = u.Aggregate(relation.child, (key,), (count,), pivot=u.Pivot(without_quotes))
    return analysis.relation(u.FillNa(counted, (), (u.Literal(0, LONG),)))


def _text_or_null(column: u.Expression) -> u.Expression:
    return _call("coalesce", u.Cast(column, STRING), _text("null"))


def resolve_covariance(relation: u.Covariance, analysis: Analysis) -> LogicalPlan:
    """Missing values count as 0, as in Spark; without rows the covariance is 0 and the correlation NaN."""
    child = analysis.relation(relation.child)
    for name in relation.columns:
        data_type = _type_in_order(name, child, analysis)
        if not isinstance(data_type, NumericType):
            kind = "correlation" if relation.is_correlation else "covariance"
            raise requirement_failed(
                f"Currently {kind} calculation for columns with dataType {data_type.simple_string} not supported."
            )
    zero = u.Literal(0.0, DOUBLE)
    numbers = [_call("coalesce", u.Cast(_named(name), DOUBLE), zero) for name in relation.columns]
    function, empty = ("corr", u.Literal(float("nan"), DOUBLE)) if relation.is_correlation else ("covar_samp", zero)
    value = u.Alias(_call("coalesce", _call(function, *numbers), empty), (function.split("_")[0],))
    return analysis.relation(u.Aggregate(relation.child, (), (value,)))


def _type_in_order(name: str, child: LogicalPlan, analysis: Analysis) -> DataType:
    """The type of a column; of an unknown one the error lists the columns in their order, not by likeness."""
    parts = parse_column_name(name)
    found = find_name(parts, analysis.scope(child), analysis)
    if found is None:
        proposal = ", ".join(quoted((a.name,)) for a in child.output)
        raise analysis_error("UNRESOLVED_COLUMN.WITH_SUGGESTION", objectName=quoted(parts), proposal=proposal)
    return found.data_type


def resolve_quantiles(relation: u.ApproximateQuantiles, analysis: Analysis) -> LogicalPlan:
    """Values that are NULL or NaN are left out; a column without values gives an empty array."""
    child = analysis.relation(relation.child)
    for name in relation.columns:
        data_type = resolve_name(parse_column_name(name), analysis.scope(child), analysis).data_type
        if not isinstance(data_type, NumericType):
            kind = type(data_type).__name__
            raise requirement_failed(f"Quantile calculation for column {name} with data type {kind} is not supported.")
    accuracy = u.Literal(_accuracy(relation.relative_error), INTEGER)
    shares = _call("array", *(u.Literal(p, DOUBLE) for p in relation.probabilities))
    found = []
    for name in relation.columns:
        present = _call("nanvl", u.Cast(_named(name), DOUBLE), u.Literal(None, DOUBLE))
        quantiles = _call("percentile_approx", present, shares, accuracy)
        found.append(_call("coalesce", quantiles, u.Literal((), ArrayType(DOUBLE))))
    value = u.Alias(_call("array", *found), ("approx_quantile",))
    return analysis.relation(u.Aggregate(relation.child, (), (value,)))


def _accuracy(relative_error: float) -> int:
    if relative_error < 0:
        raise requirement_failed(f"Relative Error must be non-negative but got {relative_error}")
    return max(_STANDARD_ACCURACY, int(1 / relative_error)) if relative_error else _STANDARD_ACCURACY


def resolve_sample_by(relation: u.SampleBy, analysis: Analysis) -> LogicalPlan:
    for _, fraction in relation.fractions:
        if not 0 <= fraction <= 1:
            shown = ", ".join(f"{value.value} -> {java_double_text(f)}" for value, f in relation.fractions)
            raise requirement_failed(f"Fractions must be in [0, 1], but got Map({shown}).")
    branches = [
        part
        for value, fraction in relation.fractions
        for part in (_call("==", relation.column, value), u.Literal(fraction, DOUBLE))
    ]
    chance = _call("when", *branches, u.Literal(0.0, DOUBLE)) if branches else u.Literal(0.0, DOUBLE)
    drawn = _call("rand", u.Literal(relation.seed or 0, LONG))
    return analysis.relation(u.Filter(relation.child, _call("<", drawn, chance)))


# ------------------------------------------------------------------------------------------ columns by number


def _renumbered(relation: u.Relation, plan: LogicalPlan) -> u.Relation:
    """`relation` with columns called by their position."""
    return u.ToDF(relation, tuple(f"column{i}" for i in range(len(plan.output))))


def _numbered(position: int) -> u.Expression:
    return u.UnresolvedAttribute((f"column{position}",))


def _column(name: str, plan: LogicalPlan, analysis: Analysis) -> Attribute:
    """Raises: SparkError UNRESOLVED_COLUMN.*, AMBIGUOUS_REFERENCE"""
    found = resolve_name(parse_column_name(name), analysis.scope(plan), analysis)
    if not isinstance(found, Attribute):
        raise not_supported(f"describe of the field {name}", "Select the field as a column first.")
    return found


def _named(name: str) -> u.Expression:
    return u.UnresolvedAttribute(parse_column_name(name))


def _call(name: str, *arguments: u.Expression) -> u.UnresolvedFunction:
    return u.UnresolvedFunction(name, arguments)


def _text(value: str) -> u.Literal:
    return u.Literal(value, STRING)
