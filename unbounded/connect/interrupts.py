"""The Interrupt call: which operations a request means. Stopping them is the operations' own affair."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql.connect.proto import InterruptRequest

from unbounded.connect.decode.context import invalid_enum
from unbounded.connect.operation import Operation
from unbounded.errors import ErrorKind, SparkError


def matcher(request: InterruptRequest) -> Callable[[Operation], bool]:
    """Says of an operation whether `request` wants it interrupted. Raises INVALID_PARAMETER_VALUE."""
    match request.interrupt_type:
        case InterruptRequest.INTERRUPT_TYPE_ALL:
            return lambda operation: True
        case InterruptRequest.INTERRUPT_TYPE_TAG:
            _require(request, "operation_tag", "INTERRUPT_TYPE_TAG_REQUIRES_TAG", "operation_tag")
            return lambda operation: request.operation_tag in operation.ticket.tags
        case InterruptRequest.INTERRUPT_TYPE_OPERATION_ID:
            _require(request, "operation_id", "INTERRUPT_TYPE_OPERATION_ID_REQUIRES_ID", "operation_id")
            return lambda operation: request.operation_id == operation.ticket.operation_id
        case other:
            raise invalid_enum(request, "interrupt_type", other)


def _require(request: InterruptRequest, field: str, sub_class: str, parameter: str) -> None:
    if request.WhichOneof("interrupt") != field:
        parameters = {"parameter": f"`{parameter}`", "functionName": "`interrupt`"}
        raise SparkError(ErrorKind.SQL, f"INVALID_PARAMETER_VALUE.{sub_class}", parameters)
