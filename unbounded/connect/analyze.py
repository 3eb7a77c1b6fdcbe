"""The AnalyzePlan call: one function for each of its fourteen kinds, whose names are the protocol's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql.connect.proto import AnalyzePlanRequest, AnalyzePlanResponse
from pyspark.sql.connect.proto import StorageLevel as StorageLevelMessage

from unbounded.connect.decode import decode_plan_root
from unbounded.connect.decode.context import invalid_plan
from unbounded.connect.encode import encode_data_type
from unbounded.connect.plans import decode_context, decode_root
from unbounded.session.session import Session
from unbounded.session.storage_level import MEMORY_AND_DISK, StorageLevel
from unbounded.types.datatypes import StructType
from unbounded.types.ddl import parse_ddl, to_ddl
from unbounded.types.json_form import from_json
from unbounded.types.tree_string import tree_string

SPARK_VERSION = "4.2.0"

_MODES = AnalyzePlanRequest.Explain.ExplainMode
_EXPLAIN_MODES: Mapping[int, str] = {
    _MODES.EXPLAIN_MODE_SIMPLE: "simple",
    _MODES.EXPLAIN_MODE_EXTENDED: "extended",
    _MODES.EXPLAIN_MODE_CODEGEN: "codegen",
    _MODES.EXPLAIN_MODE_COST: "cost",
    _MODES.EXPLAIN_MODE_FORMATTED: "formatted",
}
_HASH_BITS = 32


def analyze(session: Session, request: AnalyzePlanRequest) -> AnalyzePlanResponse:
    """The answer, without the session's ids. Raises CONNECT_INVALID_PLAN.UNKNOWN_ANALYZE_METHOD."""
    kind = request.WhichOneof("analyze")
    if kind is None:
        raise invalid_plan("UNKNOWN_ANALYZE_METHOD", other="ANALYZE_NOT_SET")
    answer = _METHODS[kind](session, getattr(request, kind))
    return AnalyzePlanResponse(**{kind: answer})  # type: ignore[arg-type]


def _schema(session: Session, request: AnalyzePlanRequest.Schema) -> AnalyzePlanResponse.Schema:
    schema = session.schema_of(decode_root(request.plan, session))
    return AnalyzePlanResponse.Schema(schema=encode_data_type(schema))


def _explain(session: Session, request: AnalyzePlanRequest.Explain) -> AnalyzePlanResponse.Explain:
    mode = _EXPLAIN_MODES.get(request.explain_mode, "simple")
    text = session.explain(decode_root(request.plan, session), mode)
    return AnalyzePlanResponse.Explain(explain_string=text)


def _tree_string(session: Session, request: AnalyzePlanRequest.TreeString) -> AnalyzePlanResponse.TreeString:
    schema = session.schema_of(decode_root(request.plan, session))
    level = request.level if request.HasField("level") else None
    return AnalyzePlanResponse.TreeString(tree_string=tree_string(schema, level))


def _is_local(session: Session, request: AnalyzePlanRequest.IsLocal) -> AnalyzePlanResponse.IsLocal:
    return AnalyzePlanResponse.IsLocal(is_local=session.is_local(decode_root(request.plan, session)))


def _is_streaming(session: Session, request: AnalyzePlanRequest.IsStreaming) -> AnalyzePlanResponse.IsStreaming:
    return AnalyzePlanResponse.IsStreaming(is_streaming=session.is_streaming(decode_root(request.plan, session)))


def _input_files(session: Session, request: AnalyzePlanRequest.InputFiles) -> AnalyzePlanResponse.InputFiles:
    return AnalyzePlanResponse.InputFiles(files=session.input_files(decode_root(request.plan, session)))


def _spark_version(session: Session, request: AnalyzePlanRequest.SparkVersion) -> AnalyzePlanResponse.SparkVersion:
    return AnalyzePlanResponse.SparkVersion(version=SPARK_VERSION)


def _ddl_parse(session: Session, request: AnalyzePlanRequest.DDLParse) -> AnalyzePlanResponse.DDLParse:
    return AnalyzePlanResponse.DDLParse(parsed=encode_data_type(parse_ddl(request.ddl_string)))


def _same_semantics(session: Session, request: AnalyzePlanRequest.SameSemantics) -> AnalyzePlanResponse.SameSemantics:
    target = decode_root(request.target_plan, session)
    other = decode_root(request.other_plan, session)
    return AnalyzePlanResponse.SameSemantics(result=session.same_semantics(target, other))


def _semantic_hash(session: Session, request: AnalyzePlanRequest.SemanticHash) -> AnalyzePlanResponse.SemanticHash:
    number = session.semantic_hash(decode_root(request.plan, session))
    return AnalyzePlanResponse.SemanticHash(result=_signed(number))


def _persist(session: Session, request: AnalyzePlanRequest.Persist) -> AnalyzePlanResponse.Persist:
    level = _decode_level(request.storage_level) if request.HasField("storage_level") else MEMORY_AND_DISK
    session.persist(decode_plan_root(request.relation, decode_context(session)), level)
    return AnalyzePlanResponse.Persist()


def _unpersist(session: Session, request: AnalyzePlanRequest.Unpersist) -> AnalyzePlanResponse.Unpersist:
    session.unpersist(decode_plan_root(request.relation, decode_context(session)))
    return AnalyzePlanResponse.Unpersist()


def _get_storage_level(
    session: Session, request: AnalyzePlanRequest.GetStorageLevel
) -> AnalyzePlanResponse.GetStorageLevel:
    level = session.storage_level(decode_plan_root(request.relation, decode_context(session)))
    return AnalyzePlanResponse.GetStorageLevel(storage_level=_encode_level(level))


def _json_to_ddl(session: Session, request: AnalyzePlanRequest.JsonToDDL) -> AnalyzePlanResponse.JsonToDDL:
    data_type = from_json(request.json_string)
    text = to_ddl(data_type) if isinstance(data_type, StructType) else data_type.sql_name
    return AnalyzePlanResponse.JsonToDDL(ddl_string=text)


def _decode_level(message: StorageLevelMessage) -> StorageLevel:
    return StorageLevel(
        use_disk=message.use_disk,
        use_memory=message.use_memory,
        use_off_heap=message.use_off_heap,
        deserialized=message.deserialized,
        replication=message.replication,
    )


def _encode_level(level: StorageLevel) -> StorageLevelMessage:
    return StorageLevelMessage(
        use_disk=level.use_disk,
        use_memory=level.use_memory,
        use_off_heap=level.use_off_heap,
        deserialized=level.deserialized,
        replication=level.replication,
    )


def _signed(number: int) -> int:
    """The low bits of any integer as the signed one that fits the wire."""
    low = number & ((1 << _HASH_BITS) - 1)
    return low - (1 << _HASH_BITS) if low >> (_HASH_BITS - 1) else low


_METHODS: Mapping[str, Callable[[Session, Any], object]] = {
    "schema": _schema,
    "explain": _explain,
    "tree_string": _tree_string,
    "is_local": _is_local,
    "is_streaming": _is_streaming,
    "input_files": _input_files,
    "spark_version": _spark_version,
    "ddl_parse": _ddl_parse,
    "same_semantics": _same_semantics,
    "semantic_hash": _semantic_hash,
    "persist": _persist,
    "unpersist": _unpersist,
    "get_storage_level": _get_storage_level,
    "json_to_ddl": _json_to_ddl,
}
