"""Errors as the client wants them: a short status at once, the whole story when it asks by id.

The status is google.rpc.Status with an ErrorInfo; gRPC sends it as a header, so it has to stay small. The rest waits in
an `ErrorStore` for FetchErrorDetails, which PySpark calls for every error that has an id.
"""

from __future__ import annotations

import json
import threading
import traceback
from collections import OrderedDict

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.code_pb2 import INTERNAL
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from pyspark.sql.connect.proto import FetchErrorDetailsResponse

from unbounded.connect.operations import SessionKey
from unbounded.errors import ContextKind, ErrorKind, QueryContext, SparkError
from unbounded.ids import new_id

MESSAGE_BYTES_MAX = 2048
MESSAGE_BYTES_MAX_IF_ESCAPED = MESSAGE_BYTES_MAX // 3
PARAMETERS_BYTES_MAX = 1024
ERRORS_PER_SESSION_MAX = 32
CAUSES_MAX = 8

_DOMAIN = "org.apache.spark"
_CONTEXT_KINDS = {
    ContextKind.SQL: FetchErrorDetailsResponse.QueryContext.SQL,
    ContextKind.DATAFRAME: FetchErrorDetailsResponse.QueryContext.DATAFRAME,
}


class ErrorStore:
    """The latest errors of each session, by id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._errors: dict[SessionKey, OrderedDict[str, BaseException]] = {}

    def put(self, session: SessionKey, error: BaseException) -> str:
        """Keeps `error`, dropping the oldest one of the session, and returns its new id."""
        error_id = new_id()
        with self._lock:
            errors = self._errors.setdefault(session, OrderedDict())
            errors[error_id] = error
            if len(errors) > ERRORS_PER_SESSION_MAX:
                errors.popitem(last=False)
        return error_id

    def find(self, session: SessionKey, error_id: str) -> BaseException | None:
        with self._lock:
            return self._errors.get(session, OrderedDict()).get(error_id)

    def forget_session(self, session: SessionKey) -> None:
        with self._lock:
            self._errors.pop(session, None)


def as_spark_error(error: BaseException) -> SparkError:
    """`error` itself, or for one that is none of ours INTERNAL_ERROR with its text."""
    if isinstance(error, SparkError):
        return error
    text = str(error)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": message})


def encode_status(error: BaseException, error_id: str | None) -> Status:
    """What travels with the failed call; `error_id` None if the error is not stored."""
    spark_error = as_spark_error(error)
    info = ErrorInfo(reason=spark_error.kind.value[0], domain=_DOMAIN)
    info.metadata["classes"] = json.dumps(list(spark_error.kind.value))
    if spark_error.sql_state:
        info.metadata["sqlState"] = spark_error.sql_state
    parameters = json.dumps(dict(spark_error.parameters))
    if spark_error.condition and len(parameters) <= PARAMETERS_BYTES_MAX:
        info.metadata["errorClass"] = spark_error.condition
        info.metadata["messageParameters"] = parameters
    if error_id is not None:
        info.metadata["errorId"] = error_id
    detail = AnyMessage()
    detail.Pack(info)
    return Status(code=INTERNAL, message=_shortened(spark_error.message), details=[detail])


def encode_details(error: BaseException) -> FetchErrorDetailsResponse:
    """The error and its causes, outermost first."""
    response = FetchErrorDetailsResponse(root_error_idx=0)
    chain = _causes(error)
    for index, link in enumerate(chain):
        message = _encode_error(link)
        if index + 1 < len(chain):
            message.cause_idx = index + 1
        response.errors.append(message)
    return response


def _causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and len(chain) < CAUSES_MAX:
        chain.append(cause)
    return chain


def _encode_error(error: BaseException) -> FetchErrorDetailsResponse.Error:
    spark_error = as_spark_error(error)
    throwable = FetchErrorDetailsResponse.SparkThrowable(
        error_class=spark_error.condition,
        message_parameters=dict(spark_error.parameters),
        sql_state=spark_error.sql_state,
        query_contexts=[_encode_context(context) for context in spark_error.contexts],
    )
    return FetchErrorDetailsResponse.Error(
        error_type_hierarchy=list(spark_error.kind.value),
        message=spark_error.message,
        stack_trace=[_encode_frame(frame) for frame in traceback.extract_tb(error.__traceback__)],
        spark_throwable=throwable if spark_error.condition else None,
    )


def _encode_frame(frame: traceback.FrameSummary) -> FetchErrorDetailsResponse.StackTraceElement:
    return FetchErrorDetailsResponse.StackTraceElement(
        declaring_class="python", method_name=frame.name, file_name=frame.filename, line_number=frame.lineno or 0
    )


def _encode_context(context: QueryContext) -> FetchErrorDetailsResponse.QueryContext:
    return FetchErrorDetailsResponse.QueryContext(
        context_type=_CONTEXT_KINDS[context.kind],
        object_type=context.object_type,
        object_name=context.object_name,
        start_index=context.start_index,
        stop_index=context.stop_index,
        fragment=context.fragment,
        call_site=context.call_site,
    )


def _shortened(message: str) -> str:
    """Cut so that it stays within a header; other characters than ASCII take three bytes for each of theirs there."""
    encoded = message.encode()
    bytes_max = MESSAGE_BYTES_MAX if message.isascii() else MESSAGE_BYTES_MAX_IF_ESCAPED
    if len(encoded) <= bytes_max:
        return message
    return encoded[: bytes_max - len("...")].decode(errors="ignore") + "..."
