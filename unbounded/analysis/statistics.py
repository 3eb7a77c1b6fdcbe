"""describe, summary and df.stat: crosstab, covariance, correlation, quantiles, frequent items, stratified samples.

Each is rewritten into ordinary aggregates over columns with names of their own, so that equal names are no trouble.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import resolve_name
from unbounded.errors import ErrorKind, SparkError, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
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
        fields = [_text("f0"), _text(statistic)]
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
    """Missing values count as the text `null`."""
    child = analysis.relation(relation.child)
    source = _renumbered(relation.child, child)
    rows, values = (
        _call("coalesce", u.Cast(_numbered_column(name, child, analysis), STRING), _text("null"))
        for name in (relation.row_column, relation.value_column)
    )
    key = u.Alias(rows, (f"{relation.row_column}_{relation.value_column}",))
    counted = u.Aggregate(source, (key,), (_call("count", u.Literal(1, INTEGER)),), pivot=u.Pivot(values))
    return analysis.relation(u.FillNa(counted, (), (u.Literal(0, LONG),)))


def resolve_covariance(relation: u.Covariance, analysis: Analysis) -> LogicalPlan:
    """Missing values count as 0, as in Spark; without rows the covariance is 0 and the correlation NaN."""
    child = analysis.relation(relation.child)
    for name in relation.columns:
        data_type = _column(name, child, analysis).data_type
        if not isinstance(data_type, NumericType):
            kind = "correlation" if relation.is_correlation else "covariance"
            raise requirement_failed(
                f"Currently {kind} calculation for columns with dataType {data_type.simple_string} not supported."
            )
    zero = u.Literal(0.0, DOUBLE)
    numbers = [
        _call("coalesce", u.Cast(_numbered_column(name, child, analysis), DOUBLE), zero) for name in relation.columns
    ]
    function, empty = ("corr", u.Literal(float("nan"), DOUBLE)) if relation.is_correlation else ("covar_samp", zero)
    value = u.Alias(_call("coalesce", _call(function, *numbers), empty), (function.split("_")[0],))
    return analysis.relation(u.Aggregate(_renumbered(relation.child, child), (), (value,)))


def resolve_quantiles(relation: u.ApproximateQuantiles, analysis: Analysis) -> LogicalPlan:
    """Values that are NULL or NaN are left out; a column without values gives an empty array."""
    child = analysis.relation(relation.child)
    for name in relation.columns:
        data_type = _column(name, child, analysis).data_type
        if not isinstance(data_type, NumericType):
            kind = type(data_type).__name__
            raise requirement_failed(f"Quantile calculation for column {name} with data type {kind} is not supported.")
    accuracy = u.Literal(_accuracy(relation.relative_error), INTEGER)
    shares = _call("array", *(u.Literal(p, DOUBLE) for p in relation.probabilities))
    found = []
    for name in relation.columns:
        number = u.Cast(_numbered_column(name, child, analysis), DOUBLE)
        present = _call("nanvl", number, u.Literal(None, DOUBLE))
        quantiles = _call("percentile_approx", present, shares, accuracy)
        found.append(_call("coalesce", quantiles, u.Literal((), ArrayType(DOUBLE))))
    value = u.Alias(_call("array", *found), ("approx_quantile",))
    return analysis.relation(u.Aggregate(_renumbered(relation.child, child), (), (value,)))


def _accuracy(relative_error: float) -> int:
    if relative_error < 0:
        raise requirement_failed(f"Relative Error must be non-negative but got {relative_error}")
    return max(_STANDARD_ACCURACY, int(1 / relative_error)) if relative_error else _STANDARD_ACCURACY


def resolve_frequent_items(relation: u.FrequentItems, analysis: Analysis) -> LogicalPlan:
    """Every value that makes up at least `support` of the rows. Spark's one-pass count may add others to them."""
    if not 1e-4 <= relation.support <= 1:
        raise requirement_failed("Support must be in [1e-4, 1], but got " + str(relation.support))
    child = analysis.relation(relation.child)
    source = _renumbered(relation.child, child)
    parts: list[u.Relation] = [
        _frequent(source, _numbered_column(name, child, analysis), f"{name}_freqItems", relation.support)
        for name in relation.columns
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = u.Join(joined, part, u.JoinKind.CROSS)
    return analysis.relation(joined)


def _frequent(source: u.Relation, column: u.Expression, name: str, support: float) -> u.Relation:
    counted = u.Aggregate(
        source, (u.Alias(column, ("item",)),), (u.Alias(_call("count", u.Literal(1, INTEGER)), ("n",)),)
    )
    item, count = u.UnresolvedAttribute(("item",)), u.UnresolvedAttribute(("n",))
    total = u.Window(_call("sum", count))
    ranked = u.Project(counted, (item, count, u.Alias(total, ("total",))))
    least = _call("*", u.Literal(support, DOUBLE), u.UnresolvedAttribute(("total",)))
    enough = u.Filter(ranked, _call(">=", count, least))
    return u.Aggregate(enough, (), (u.Alias(_call("collect_list", item), (name,)),))


def resolve_sample_by(relation: u.SampleBy, analysis: Analysis) -> LogicalPlan:
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


def _numbered_column(name: str, plan: LogicalPlan, analysis: Analysis) -> u.Expression:
    column = _column(name, plan, analysis)
    return _numbered([a.id for a in plan.output].index(column.id))


def _column(name: str, plan: LogicalPlan, analysis: Analysis) -> Attribute:
    """Raises: SparkError UNRESOLVED_COLUMN.*, AMBIGUOUS_REFERENCE"""
    found = resolve_name((name,), analysis.scope(plan), analysis)
    assert isinstance(found, Attribute)
    return found


def _call(name: str, *arguments: u.Expression) -> u.UnresolvedFunction:
    return u.UnresolvedFunction(name, arguments)


def _text(value: str) -> u.Literal:
    return u.Literal(value, STRING)
