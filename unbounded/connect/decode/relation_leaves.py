"""Relations without an input: tables, files, rows sent along, ranges, SQL text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
from pyspark.sql.connect import proto

from unbounded.connect.decode.catalog import decode_catalog
from unbounded.connect.decode.context import DecodeContext, decode_options, invalid_plan, one_of_not_set
from unbounded.connect.decode.expressions import decode_expression, decode_expressions
from unbounded.connect.decode.literals import decode_literal
from unbounded.plan.identifiers import parse_table_name
from unbounded.plan.unresolved import (
    CachedRemoteRelation,
    DataSource,
    Expression,
    LocalRelation,
    NamedTable,
    Range,
    Relation,
    SqlQuery,
    TableFunction,
)
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructField, StructType
from unbounded.types.ddl import parse_ddl_or_json, parse_schema


def decode_sql(message: proto.SQL | proto.SqlCommand, text: str, context: DecodeContext) -> SqlQuery:
    """SQL text with its arguments; the older fields for arguments hold literals, the newer ones expressions."""
    named: dict[str, Expression] = {key: decode_literal(literal) for key, literal in message.args.items()}
    named |= {key: decode_expression(argument, context) for key, argument in message.named_arguments.items()}
    positional = (*map(decode_literal, message.pos_args), *decode_expressions(message.pos_arguments, context))
    return SqlQuery(text, tuple(sorted(named.items(), key=lambda item: item[0])), positional)


def _decode_read(message: proto.Read, context: DecodeContext) -> Relation:
    match message.WhichOneof("read_type"):
        case "named_table":
            table = message.named_table
            parts = parse_table_name(table.unparsed_identifier)
            return NamedTable(parts, decode_options(table.options), message.is_streaming)
        case "data_source":
            return _decode_data_source(message.data_source, message.is_streaming)
        case _:
            raise one_of_not_set(message, "read_type")


def _decode_data_source(source: proto.Read.DataSource, is_streaming: bool) -> Relation:
    return DataSource(
        format=source.format or None,
        schema=parse_schema(source.schema) if source.schema else None,
        options=decode_options(source.options),
        paths=tuple(source.paths),
        is_streaming=is_streaming,
        predicates=tuple(source.predicates),
        source_name=source.source_name if source.HasField("source_name") else None,
    )


def _decode_local_relation(message: proto.LocalRelation, context: DecodeContext) -> Relation:
    chunks = [message.data] if message.HasField("data") else []
    return _local_relation(chunks, message.schema if message.HasField("schema") else None)


def _decode_cached_local_relation(message: proto.CachedLocalRelation, context: DecodeContext) -> Relation:
    content = _cached(message.hash, context, "NOT_FOUND_CACHED_LOCAL_RELATION")
    return _decode_local_relation(proto.LocalRelation.FromString(content), context)


def _decode_chunked_local_relation(message: proto.ChunkedCachedLocalRelation, context: DecodeContext) -> Relation:
    reason = "NOT_FOUND_CHUNKED_CACHED_LOCAL_RELATION"
    schema = _cached(message.schemaHash, context, reason).decode() if message.HasField("schemaHash") else None
    return _local_relation((_cached(data_hash, context, reason) for data_hash in message.dataHashes), schema)


def _cached(content_hash: str, context: DecodeContext, reason: str) -> bytes:
    try:
        return context.cached_bytes(content_hash)
    except KeyError:
        raise invalid_plan(reason, hash=content_hash, sessionUUID="") from None


def _local_relation(chunks: Iterable[bytes], schema_text: str | None) -> LocalRelation:
    """Rows as Arrow streams, one after another; a schema which is not a struct is that of one column `value`."""
    tables = [pa.ipc.open_stream(chunk).read_all() for chunk in chunks]
    schema = _row_schema(schema_text) if schema_text else None
    if tables:
        return LocalRelation(pa.concat_tables(tables), schema)
    if schema is None:
        raise invalid_plan("SCHEMA_REQUIRED_FOR_LOCAL_RELATION")
    return LocalRelation(to_arrow_schema(schema, "UTC").empty_table(), schema)


def _row_schema(text: str) -> StructType:
    data_type = parse_ddl_or_json(text)
    return data_type if isinstance(data_type, StructType) else StructType((StructField("value", data_type),))


def _decode_range(message: proto.Range, context: DecodeContext) -> Relation:
    partition_count = message.num_partitions if message.HasField("num_partitions") else None
    return Range(message.start, message.end, message.step, partition_count)


def _decode_table_function(message: proto.UnresolvedTableValuedFunction, context: DecodeContext) -> Relation:
    return TableFunction(message.function_name, decode_expressions(message.arguments, context))


LEAVES: dict[str, Callable[[Any, DecodeContext], Relation]] = {
    "read": _decode_read,
    "sql": lambda message, context: decode_sql(message, message.query, context),
    "local_relation": _decode_local_relation,
    "cached_local_relation": _decode_cached_local_relation,
    "chunked_cached_local_relation": _decode_chunked_local_relation,
    "cached_remote_relation": lambda message, context: CachedRemoteRelation(message.relation_id),
    "range": _decode_range,
    "unresolved_table_valued_function": _decode_table_function,
    "catalog": decode_catalog,
}
