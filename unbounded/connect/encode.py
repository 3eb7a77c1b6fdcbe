"""Results as protocol messages: types, record batches, metrics. Single values and errors have their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql.connect.proto import DataType as DataTypeMessage
from pyspark.sql.connect.proto import ExecutePlanRequest, ExecutePlanResponse, Relation

from unbounded.plan import unresolved
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    CalendarIntervalType,
    CharType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
    VariantType,
    YearMonthIntervalType,
)
from unbounded.types.json_form import metadata_to_json, to_json

MESSAGE_BYTES_MAX = 4 << 20
CHUNK_BYTES_MIN = 1 << 10

_PLAIN: Mapping[type[DataType], str] = {
    NullType: "null",
    BooleanType: "boolean",
    ByteType: "byte",
    ShortType: "short",
    IntegerType: "integer",
    LongType: "long",
    FloatType: "float",
    DoubleType: "double",
    StringType: "string",
    BinaryType: "binary",
    DateType: "date",
    TimestampType: "timestamp",
    TimestampNTZType: "timestamp_ntz",
    CalendarIntervalType: "calendar_interval",
    VariantType: "variant",
}

# ---------------------------------------------------------------------------------------------- types


def encode_data_type(data_type: DataType) -> DataTypeMessage:
    message = DataTypeMessage()
    match data_type:
        case DecimalType(precision=precision, scale=scale):
            message.decimal.precision, message.decimal.scale = precision, scale
        case CharType(length=length):
            message.char.length = length
        case VarcharType(length=length):
            message.var_char.length = length
        case DayTimeIntervalType(start=start, end=end):
            message.day_time_interval.start_field, message.day_time_interval.end_field = start, end
        case YearMonthIntervalType(start=start, end=end):
            message.year_month_interval.start_field, message.year_month_interval.end_field = start, end
        case ArrayType(element_type=element_type, contains_null=contains_null):
            message.array.element_type.CopyFrom(encode_data_type(element_type))
            message.array.contains_null = contains_null
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=contains_null):
            message.map.key_type.CopyFrom(encode_data_type(key_type))
            message.map.value_type.CopyFrom(encode_data_type(value_type))
            message.map.value_contains_null = contains_null
        case StructType(fields=fields):
            message.struct.SetInParent()
            message.struct.fields.extend(_encode_field(field) for field in fields)
        case _:
            getattr(message, _PLAIN[type(data_type)]).SetInParent()
    return message


def _encode_field(field: StructField) -> DataTypeMessage.StructField:
    message = DataTypeMessage.StructField(
        name=field.name, data_type=encode_data_type(field.data_type), nullable=field.nullable
    )
    if field.metadata:
        message.metadata = metadata_to_json(field.metadata)
    return message


# ---------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Chunking:
    """Whether the client puts a record batch together from chunks of at most `bytes_max`."""

    allows_chunks: bool = False
    bytes_max: int = MESSAGE_BYTES_MAX


def decode_chunking(request: ExecutePlanRequest) -> Chunking:
    """What the client asks for; sizes outside the bounds mean the server's own."""
    for option in request.request_options:
        if option.HasField("result_chunking_options"):
            options = option.result_chunking_options
            preferred = options.preferred_arrow_chunk_size
            is_usable = CHUNK_BYTES_MIN <= preferred <= MESSAGE_BYTES_MAX
            return Chunking(options.allow_arrow_batch_chunking, preferred if is_usable else MESSAGE_BYTES_MAX)
    return Chunking()


def encode_batch(
    batch: pa.RecordBatch, start_offset: int, chunking: Chunking
) -> Iterator[ExecutePlanResponse.ArrowBatch]:
    """Messages for the rows of `batch`, the first of which is row `start_offset` of the result."""
    for piece in _cut(batch):
        yield from _encode_piece(piece, start_offset, chunking)
        start_offset += piece.num_rows


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Slices of about `MESSAGE_BYTES_MAX`, at least one row each; an empty batch stays one."""
    row_count = batch.num_rows
    step = max(1, row_count * MESSAGE_BYTES_MAX // max(batch.nbytes, 1)) if row_count else 1
    for start in range(0, max(row_count, 1), step):
        yield batch.slice(start, step)


def _encode_piece(
    piece: pa.RecordBatch, start_offset: int, chunking: Chunking
) -> Iterator[ExecutePlanResponse.ArrowBatch]:
    data = _ipc_stream(piece.schema, [piece])
    size_bytes = chunking.bytes_max if chunking.allows_chunks else len(data)
    chunk_count = -(-len(data) // size_bytes)
    for index in range(chunk_count):
        message = ExecutePlanResponse.ArrowBatch(
            row_count=piece.num_rows,
            data=data[index * size_bytes : (index + 1) * size_bytes],
            start_offset=start_offset,
        )
        if chunking.allows_chunks:
            message.chunk_index, message.num_chunks_in_batch = index, chunk_count
        yield message


def _ipc_stream(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> bytes:
    """The batches as they are: one without rows is written too, since the client makes its table from batches."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def encode_metrics(row_count: int) -> ExecutePlanResponse.Metrics:
    metric = ExecutePlanResponse.Metrics.MetricValue(name="number of output rows", value=row_count, metric_type="sum")
    plan = ExecutePlanResponse.Metrics.MetricObject(name="Result", execution_metrics={"numOutputRows": metric})
    return ExecutePlanResponse.Metrics(metrics=[plan])


# ---------------------------------------------------------------------------------------------- relations


def encode_local_relation(relation: unresolved.LocalRelation) -> Relation:
    """Rows as the relation a client can read."""
    message = Relation()
    message.local_relation.data = _ipc_stream(relation.table.schema, relation.table.to_batches())
    if relation.schema is not None:
        message.local_relation.schema = to_json(relation.schema)
    return message


def encode_held_relation(relation_id: str) -> Relation:
    """A relation the session holds under an id."""
    message = Relation()
    message.cached_remote_relation.relation_id = relation_id
    return message
