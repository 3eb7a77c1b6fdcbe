"""The plan of a request, unpacked and decoded with the session's uploaded data. What plans mean is in decode."""

from __future__ import annotations

import zstandard
from google.protobuf.message import DecodeError
from pyspark.sql.connect.proto import Command, CompressionCodec, Plan, Relation

from unbounded.connect.decode import DecodeContext, decode_plan_root
from unbounded.connect.decode.context import invalid_plan, one_of_not_set
from unbounded.plan import unresolved
from unbounded.session.session import Session

PLAN_BYTES_MAX = 512 << 20


def unpack_plan(plan: Plan) -> Relation | Command:
    """The relation or command in `plan`, decompressed if need be. Raises CONNECT_INVALID_PLAN."""
    match plan.WhichOneof("op_type"):
        case "root":
            return plan.root
        case "command":
            return plan.command
        case "compressed_operation":
            return _decompress(plan.compressed_operation)
        case _:
            raise one_of_not_set(plan, "op_type")


def decode_root(plan: Plan, session: Session) -> unresolved.Relation:
    """The query in `plan`, for calls that take no commands."""
    root = unpack_plan(plan)
    if isinstance(root, Command):
        raise invalid_plan(
            "INVALID_ONE_OF_FIELD_NOT_SUPPORTED", fullName="spark.connect.Plan", name="command", number="2"
        )
    return decode_plan_root(root, decode_context(session))


def decode_context(session: Session) -> DecodeContext:
    return DecodeContext(cached_bytes=session.artifacts.cached_bytes)


def _decompress(operation: Plan.CompressedOperation) -> Relation | Command:
    is_relation = operation.op_type == Plan.CompressedOperation.OP_TYPE_RELATION
    if operation.compression_codec != CompressionCodec.COMPRESSION_CODEC_ZSTD:
        raise invalid_plan("CANNOT_PARSE", errorMsg=f"unknown compression codec {operation.compression_codec}")
    try:
        content = zstandard.ZstdDecompressor().decompress(operation.data, max_output_size=PLAN_BYTES_MAX)
        return Relation.FromString(content) if is_relation else Command.FromString(content)
    except (zstandard.ZstdError, DecodeError) as error:
        raise invalid_plan("CANNOT_PARSE", errorMsg=str(error)) from error
