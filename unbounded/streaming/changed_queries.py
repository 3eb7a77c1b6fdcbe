"""What may change in a query between two runs on one checkpoint: not its sources' number, nor what its state holds.

Filters, projections, options of sources, output modes, triggers, sinks and the names of columns may change; operators
and the types of their keys and values may not. (As Spark's StateSchemaCompatibilityChecker has it.)
"""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.checkpoint.checkpoint import Checkpoint
from unbounded.checkpoint.operator_metadata import OperatorMetadata
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.types.datatypes import ArrayType, DataType, MapType, StructType
from unbounded.types.scala_form import to_scala_text


def check_sources(logged_count: int, source_count: int) -> None:
    """Raises: SparkError if the checkpoint has offsets of another number of sources"""
    if logged_count != source_count:
        message = (
            f"assertion failed: There are [{logged_count}] sources in the checkpoint offsets and now there are "
            f"[{source_count}] sources requested by the query. Cannot continue."
        )
        raise SparkError(ErrorKind.JAVA_RUNTIME, NO_CONDITION, {"message": message})


def check_operators(checkpoint: Checkpoint, now: Sequence[OperatorMetadata]) -> None:
    """For a query that has committed batches.

    Raises: SparkError STREAMING_STATEFUL_OPERATOR_* if operators are missing, new or others
    """
    before = checkpoint.operators.read_all()
    if now and not before:
        parameters = {"OpsInCurBatchSeq": _names(now)}
        raise SparkError(ErrorKind.RUNTIME, "STREAMING_STATEFUL_OPERATOR_MISSING_STATE_DIRECTORY", parameters)
    if _names(before) != _names(now):
        parameters = {"OpsInMetadataSeq": _names(before), "OpsInCurBatchSeq": _names(now)}
        raise SparkError(ErrorKind.RUNTIME, "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA", parameters)


def check_schemas(checkpoint: Checkpoint, now: Sequence[OperatorMetadata]) -> None:
    """Raises: SparkError STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE, STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"""
    for operator in now:
        before = checkpoint.operators.read(operator.operator_id)
        if before is None or before.operator_name != operator.operator_name:
            continue
        for stored, new in zip(before.stores, operator.stores, strict=True):
            if not _may_follow(stored.key, new.key):
                raise _not_compatible("STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE", "KeySchema", stored.key, new.key)
            if not _may_follow(stored.value, new.value):
                raise _not_compatible("STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE", "ValueSchema", stored.value, new.value)


def _not_compatible(condition: str, name: str, stored: StructType, new: StructType) -> SparkError:
    parameters = {f"stored{name}": to_scala_text(stored), f"new{name}": to_scala_text(new)}
    return SparkError(ErrorKind.UNSUPPORTED, condition, parameters)


def _may_follow(stored: DataType, new: DataType) -> bool:
    """Equal but for the names of fields; what was never NULL stays so, what was nullable may become never NULL."""
    match stored, new:
        case StructType(), StructType():
            return len(stored.fields) == len(new.fields) and all(
                _may_follow(a.data_type, b.data_type) and _may_hold(a.nullable, b.nullable)
                for a, b in zip(stored.fields, new.fields, strict=True)
            )
        case ArrayType(), ArrayType():
            return _may_follow(stored.element_type, new.element_type) and _may_hold(
                stored.contains_null, new.contains_null
            )
        case MapType(), MapType():
            keys, values = (stored.key_type, new.key_type), (stored.value_type, new.value_type)
            holds = _may_hold(stored.value_contains_null, new.value_contains_null)
            return _may_follow(*keys) and _may_follow(*values) and holds
        case _:
            return stored == new


def _may_hold(stored: bool, new: bool) -> bool:
    return stored or not new


def _names(operators: Sequence[OperatorMetadata]) -> str:
    return ", ".join(f"(OperatorId: {o.operator_id} -> OperatorName: {o.operator_name})" for o in operators)
