"""Relations which change the columns of one input: select, rename, drop, aggregate, unpivot, parse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, decode_options, invalid_enum, invalid_plan
from unbounded.connect.decode.expressions import decode_alias, decode_expression, decode_expressions
from unbounded.connect.decode.literals import decode_literal
from unbounded.connect.decode.types import decode_schema
from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    Aggregate,
    Alias,
    CollectMetrics,
    Drop,
    GroupingKind,
    Parse,
    Pivot,
    Project,
    Relation,
    RenameColumns,
    SubqueryAlias,
    ToDF,
    ToSchema,
    Transpose,
    Unpivot,
    WithColumns,
)

_GROUPINGS = {
    proto.Aggregate.GROUP_TYPE_GROUPBY: GroupingKind.GROUP_BY,
    proto.Aggregate.GROUP_TYPE_PIVOT: GroupingKind.GROUP_BY,
    proto.Aggregate.GROUP_TYPE_ROLLUP: GroupingKind.ROLLUP,
    proto.Aggregate.GROUP_TYPE_CUBE: GroupingKind.CUBE,
    proto.Aggregate.GROUP_TYPE_GROUPING_SETS: GroupingKind.GROUPING_SETS,
}
_PARSE_FORMATS = {proto.Parse.PARSE_FORMAT_CSV: "csv", proto.Parse.PARSE_FORMAT_JSON: "json"}


def _decode_project(message: proto.Project, child: Relation, context: DecodeContext) -> Relation:
    return Project(child, decode_expressions(message.expressions, context))


def _decode_with_columns(message: proto.WithColumns, child: Relation, context: DecodeContext) -> Relation:
    return WithColumns(child, tuple(_decode_column(alias, context) for alias in message.aliases))


def _decode_column(message: proto.Expression.Alias, context: DecodeContext) -> Alias:
    if len(message.name) != 1:
        raise invalid_plan("WITH_COLUMNS_REQUIRE_SINGLE_NAME_PART", got=", ".join(message.name))
    return decode_alias(message, context)


def _decode_renames(message: proto.WithColumnsRenamed, child: Relation, context: DecodeContext) -> Relation:
    """Clients before 4.0 send a map, later ones a list in the order given."""
    renames = [(rename.col_name, rename.new_col_name) for rename in message.renames]
    return RenameColumns(child, tuple(renames or decode_options(message.rename_columns_map)))


def _decode_drop(message: proto.Drop, child: Relation, context: DecodeContext) -> Relation:
    return Drop(child, decode_expressions(message.columns, context), tuple(message.column_names))


def _decode_alias(message: proto.SubqueryAlias, child: Relation, context: DecodeContext) -> Relation:
    if message.qualifier:
        raise not_supported("A qualified alias of the Scala client", "Use a plain name.")
    return SubqueryAlias(child, message.alias)


def _decode_unpivot(message: proto.Unpivot, child: Relation, context: DecodeContext) -> Relation:
    has_values = message.HasField("values")
    return Unpivot(
        child,
        ids=decode_expressions(message.ids, context),
        values=decode_expressions(message.values.values, context) if has_values else None,
        variable_column=message.variable_column_name,
        value_column=message.value_column_name,
    )


def _decode_aggregate(message: proto.Aggregate, child: Relation, context: DecodeContext) -> Relation:
    if message.group_type not in _GROUPINGS:
        raise invalid_enum(message, "group_type", message.group_type)
    is_pivot = message.group_type == proto.Aggregate.GROUP_TYPE_PIVOT
    sets = tuple(decode_expressions(grouping_set.grouping_set, context) for grouping_set in message.grouping_sets)
    return Aggregate(
        child,
        grouping=decode_expressions(message.grouping_expressions, context),
        aggregates=decode_expressions(message.aggregate_expressions, context),
        kind=_GROUPINGS[message.group_type],
        grouping_sets=sets,
        pivot=_decode_pivot(message.pivot, context) if is_pivot else None,
    )


def _decode_pivot(message: proto.Aggregate.Pivot, context: DecodeContext) -> Pivot:
    return Pivot(decode_expression(message.col, context), tuple(map(decode_literal, message.values)))


def _decode_transpose(message: proto.Transpose, child: Relation, context: DecodeContext) -> Relation:
    return Transpose(child, decode_expressions(message.index_columns, context))


def _decode_parse(message: proto.Parse, child: Relation, context: DecodeContext) -> Relation:
    if message.format == proto.Parse.PARSE_FORMAT_XML:
        raise not_supported("Reading XML", "Convert it to JSON or CSV.")
    if message.format not in _PARSE_FORMATS:
        raise invalid_enum(message, "format", message.format)
    schema = decode_schema(message.schema) if message.HasField("schema") else None
    return Parse(child, _PARSE_FORMATS[message.format], schema, decode_options(message.options))


def _decode_metrics(message: proto.CollectMetrics, child: Relation, context: DecodeContext) -> Relation:
    return CollectMetrics(child, message.name, decode_expressions(message.metrics, context))


COLUMN_RELATIONS: dict[str, Callable[[Any, Relation, DecodeContext], Relation]] = {
    "project": _decode_project,
    "with_columns": _decode_with_columns,
    "with_columns_renamed": _decode_renames,
    "drop": _decode_drop,
    "to_df": lambda message, child, context: ToDF(child, tuple(message.column_names)),
    "to_schema": lambda message, child, context: ToSchema(child, decode_schema(message.schema)),
    "subquery_alias": _decode_alias,
    "unpivot": _decode_unpivot,
    "aggregate": _decode_aggregate,
    "transpose": _decode_transpose,
    "parse": _decode_parse,
    "collect_metrics": _decode_metrics,
}
