"""df.stat.freqItems: for each column the values that may make up more than a share of the rows.

Spark counts in one pass with at most 1 / support counters. A column with no more values than that gives all of them,
in the order of Scala's hash map; here too. Of a column with more, Spark gives the frequent values and, depending on
how rows are spread over partitions, some of the others; here the frequent ones only.
"""

from __future__ import annotations

from unbounded.analysis.context import Analysis
from unbounded.analysis.names import resolve_name
from unbounded.errors import requirement_failed
from unbounded.plan import unresolved as u
from unbounded.plan.identifiers import parse_column_name
from unbounded.plan.logical import LogicalPlan
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    LONG,
    STRING,
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    FloatType,
    IntegralType,
    TimestampNTZType,
    TimestampType,
)
from unbounded.types.java_text import java_double_text

_LEAST_SUPPORT = 1e-4
_FIRST_GROWTH, _FIRST_CAPACITY, _GROWTHS = 12, 16, 11
"""A hash map of 16 places doubles with its 12th entry, then with its 24th, and so on; 11 times for 1e4 entries."""
_TRUE_HASH, _FALSE_HASH = 1231, 1237


def resolve_frequent_items(relation: u.FrequentItems, analysis: Analysis) -> LogicalPlan:
    """One row, an array per column.

    Raises: SparkError "requirement failed", UNRESOLVED_COLUMN.*
    """
    if not _LEAST_SUPPORT <= relation.support <= 1:
        raise requirement_failed(f"Support must be in [1e-4, 1], but got {java_double_text(relation.support)}.")
    child = analysis.relation(relation.child)
    parts: list[u.Relation] = []
    for name in relation.columns:
        path = parse_column_name(name)
        data_type = resolve_name(path, analysis.scope(child), analysis).data_type
        counted = _counted(relation.child, u.UnresolvedAttribute(path))
        parts.append(_gathered(counted, data_type, f"{name}_freqItems", relation.support))
    joined = parts[0]
    for part in parts[1:]:
        joined = u.Join(joined, part, u.JoinKind.CROSS)
    return analysis.relation(joined)


def _counted(source: u.Relation, column: u.Expression) -> u.Relation:
    """Per value how often it occurs (`n`), beside the number of rows and of values."""
    counts = u.Aggregate(source, (u.Alias(column, ("item",)),), (u.Alias(_call("count", _whole(1)), ("n",)),))
    totals = (
        u.Alias(u.Window(_call("sum", _name("n"))), ("row_count",)),
        u.Alias(u.Window(_call("count", _whole(1))), ("value_count",)),
    )
    return u.Project(counts, (_name("item"), _name("n"), *totals))


def _gathered(counted: u.Relation, data_type: DataType, name: str, support: float) -> u.Relation:
    all_fit = _call("<=", _name("value_count"), _whole(int(1 / support)))
    is_frequent = _call(">=", _name("n"), _call("*", u.Literal(support, DOUBLE), _name("row_count")))
    kept = u.Filter(counted, _call("or", all_fit, is_frequent))
    hashed = u.Project(
        kept, (_name("item"), u.Alias(_map_hash(_name("item"), data_type), ("h",)), u.Alias(_last_place(), ("last",)))
    )
    place = _call("&", _name("h"), _name("last"))
    entry = _call("named_struct", _text("place"), place, _text("h"), _name("h"), _text("item"), _name("item"))
    ordered = _call("sort_array", _call("collect_list", entry))
    return u.Aggregate(hashed, (), (u.Alias(u.ExtractValue(ordered, _text("item")), (name,)),))


def _last_place() -> u.Expression:
    """The number of places in the hash map, less one. Values that come again grow it one entry early."""
    entries = _call("+", _name("value_count"), _call("int", _call(">", _name("row_count"), _name("value_count"))))
    branches: list[u.Expression] = []
    for power in range(_GROWTHS):
        branches += [
            _call("<", entries, _whole(_FIRST_GROWTH << power)),
            u.Literal((_FIRST_CAPACITY << power) - 1, INTEGER),
        ]
    return _call("when", *branches, u.Literal((_FIRST_CAPACITY << _GROWTHS) - 1, INTEGER))


# ------------------------------------------------------------------------------------------------ hashes


def _map_hash(item: u.Expression, data_type: DataType) -> u.Expression:
    """Scala's hash of a value, its upper half mixed into the lower one."""
    plain = _call("coalesce", _scala_hash(item, data_type), u.Literal(0, INTEGER))
    return _call("^", plain, _call("shiftrightunsigned", plain, u.Literal(16, INTEGER)))


def _scala_hash(item: u.Expression, data_type: DataType) -> u.Expression:
    """As an INT; NULL for NULL. Of types whose hash Spark does not show (fractions, decimals), some number."""
    match data_type:
        case BooleanType():
            return _call("if", item, u.Literal(_TRUE_HASH, INTEGER), u.Literal(_FALSE_HASH, INTEGER))
        case IntegralType():
            return _hash_of_long(u.Cast(item, LONG))
        case DateType():
            return _call("unix_date", item)
        case TimestampType():
            return _hash_of_long(_call("unix_micros", item))
        case TimestampNTZType():
            return _hash_of_long(_call("unix_micros", u.Cast(item, TimestampType())))
        case FloatType() | DoubleType():
            whole = u.Cast(item, LONG, u.CastMode.TRY)
            return _call("if", _call("==", whole, item), _hash_of_long(whole), _call("hash", item))
        case _:
            return _call("if", _call("isnull", item), u.Literal(None, INTEGER), _call("hash", item))


def _hash_of_long(value: u.Expression) -> u.Expression:
    """A number that fits an INT is its own hash; else both halves of it, one xor the other."""
    halves = _call("^", value, _call("shiftrightunsigned", value, u.Literal(32, INTEGER)))
    low = _call(
        "-",
        _call("&", _call("+", _call("&", halves, _whole(0xFFFFFFFF)), _whole(1 << 31)), _whole(0xFFFFFFFF)),
        _whole(1 << 31),
    )
    is_small = _call("==", u.Cast(value, INTEGER, u.CastMode.TRY), value)
    return u.Cast(_call("if", _call("coalesce", is_small, u.Literal(False, BooleanType())), value, low), INTEGER)


def _call(name: str, *arguments: u.Expression) -> u.UnresolvedFunction:
    return u.UnresolvedFunction(name, arguments)


def _name(name: str) -> u.Expression:
    return u.UnresolvedAttribute((name,))


def _whole(value: int) -> u.Literal:
    return u.Literal(value, LONG)


def _text(value: str) -> u.Literal:
    return u.Literal(value, STRING)
