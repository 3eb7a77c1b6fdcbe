"""Relations which keep the columns of one input, or describe its rows: filter, sort, limit, sample, na, show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import DecodeContext, invalid_plan
from unbounded.connect.decode.expressions import decode_expression, decode_expressions, decode_sort_orders
from unbounded.connect.decode.literals import decode_literal
from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    ApproximateQuantiles,
    Covariance,
    Crosstab,
    Deduplicate,
    DropNa,
    FillNa,
    Filter,
    FrequentItems,
    Hint,
    Limit,
    Literal,
    Offset,
    Relation,
    Repartition,
    ReplaceNa,
    Sample,
    SampleBy,
    ShowString,
    Sort,
    Summary,
    Tail,
    WithWatermark,
)
from unbounded.types.datatypes import INTEGER


def _decode_filter(message: proto.Filter, child: Relation, context: DecodeContext) -> Relation:
    return Filter(child, decode_expression(message.condition, context))


def _decode_sort(message: proto.Sort, child: Relation, context: DecodeContext) -> Relation:
    is_global = message.is_global if message.HasField("is_global") else True
    return Sort(child, decode_sort_orders(message.order, context), is_global)


def _decode_deduplicate(message: proto.Deduplicate, child: Relation, context: DecodeContext) -> Relation:
    if not message.all_columns_as_keys and not message.column_names:
        raise invalid_plan("DEDUPLICATE_REQUIRES_COLUMNS_OR_ALL")
    return Deduplicate(child, tuple(message.column_names), message.within_watermark)


def _decode_sample(message: proto.Sample, child: Relation, context: DecodeContext) -> Relation:
    """`deterministic_order` asks for sorted partitions before sampling; rows have a stable order here."""
    seed = message.seed if message.HasField("seed") else None
    return Sample(child, message.lower_bound, message.upper_bound, message.with_replacement, seed)


def _decode_repartition(message: proto.Repartition, child: Relation, context: DecodeContext) -> Relation:
    return Repartition(child, partition_count=message.num_partitions)


def _decode_repartition_by(message: proto.RepartitionByExpression, child: Relation, context: DecodeContext) -> Relation:
    partition_count = message.num_partitions if message.HasField("num_partitions") else None
    return Repartition(child, decode_expressions(message.partition_exprs, context), partition_count)


def _decode_hint(message: proto.Hint, child: Relation, context: DecodeContext) -> Relation:
    return Hint(child, message.name, decode_expressions(message.parameters, context))


def _decode_watermark(message: proto.WithWatermark, child: Relation, context: DecodeContext) -> Relation:
    return WithWatermark(child, message.event_time, message.delay_threshold)


def _decode_fill(message: proto.NAFill, child: Relation, context: DecodeContext) -> Relation:
    if not message.values:
        raise invalid_plan("NA_FILL_VALUES_EMPTY")
    if len(message.values) > 1 and len(message.values) != len(message.cols):
        raise invalid_plan("NA_FILL_VALUES_LENGTH_MISMATCH")
    return FillNa(child, tuple(message.cols), tuple(map(decode_literal, message.values)))


def _decode_drop_na(message: proto.NADrop, child: Relation, context: DecodeContext) -> Relation:
    return DropNa(child, tuple(message.cols), message.min_non_nulls if message.HasField("min_non_nulls") else None)


def _decode_replace(message: proto.NAReplace, child: Relation, context: DecodeContext) -> Relation:
    pairs = ((decode_literal(pair.old_value), decode_literal(pair.new_value)) for pair in message.replacements)
    return ReplaceNa(child, tuple(message.cols), tuple(pairs))


def _decode_show(message: proto.ShowString, child: Relation, context: DecodeContext) -> Relation:
    return ShowString(child, message.num_rows, message.truncate, is_vertical=message.vertical)


def _decode_html(message: proto.HtmlString, child: Relation, context: DecodeContext) -> Relation:
    return ShowString(child, message.num_rows, message.truncate, is_html=True)


def _decode_covariance(message: proto.StatCov | proto.StatCorr, child: Relation, context: DecodeContext) -> Relation:
    if isinstance(message, proto.StatCorr) and message.HasField("method") and message.method != "pearson":
        raise not_supported(f"Correlation by {message.method}", "Use the method pearson.")
    return Covariance(child, (message.col1, message.col2), isinstance(message, proto.StatCorr))


def _decode_quantiles(message: proto.StatApproxQuantile, child: Relation, context: DecodeContext) -> Relation:
    return ApproximateQuantiles(child, tuple(message.cols), tuple(message.probabilities), message.relative_error)


def _decode_frequent_items(message: proto.StatFreqItems, child: Relation, context: DecodeContext) -> Relation:
    if message.HasField("support"):
        return FrequentItems(child, tuple(message.cols), message.support)
    return FrequentItems(child, tuple(message.cols))


def _decode_sample_by(message: proto.StatSampleBy, child: Relation, context: DecodeContext) -> Relation:
    fractions = tuple((decode_literal(f.stratum), f.fraction) for f in message.fractions)
    seed = message.seed if message.HasField("seed") else None
    return SampleBy(child, decode_expression(message.col, context), fractions, seed)


ROW_RELATIONS: dict[str, Callable[[Any, Relation, DecodeContext], Relation]] = {
    "filter": _decode_filter,
    "sort": _decode_sort,
    "limit": lambda message, child, context: Limit(child, Literal(message.limit, INTEGER)),
    "offset": lambda message, child, context: Offset(child, Literal(message.offset, INTEGER)),
    "tail": lambda message, child, context: Tail(child, message.limit),
    "deduplicate": _decode_deduplicate,
    "sample": _decode_sample,
    "repartition": _decode_repartition,
    "repartition_by_expression": _decode_repartition_by,
    "hint": _decode_hint,
    "with_watermark": _decode_watermark,
    "fill_na": _decode_fill,
    "drop_na": _decode_drop_na,
    "replace": _decode_replace,
    "summary": lambda message, child, context: Summary(child, statistics=tuple(message.statistics)),
    "describe": lambda message, child, context: Summary(child, columns=tuple(message.cols), is_describe=True),
    "crosstab": lambda message, child, context: Crosstab(child, message.col1, message.col2),
    "cov": _decode_covariance,
    "corr": _decode_covariance,
    "approx_quantile": _decode_quantiles,
    "freq_items": _decode_frequent_items,
    "sample_by": _decode_sample_by,
    "show_string": _decode_show,
    "html_string": _decode_html,
}
