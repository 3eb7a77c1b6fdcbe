"""What of an error travels at once, what waits to be fetched, and how much is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.rpc.error_details_pb2 import ErrorInfo

from unbounded.connect.encode_errors import (
    ERRORS_PER_SESSION_MAX,
    MESSAGE_BYTES_MAX,
    ErrorStore,
    encode_details,
    encode_status,
)
from unbounded.connect.operations import SessionKey
from unbounded.errors import ContextKind, ErrorKind, QueryContext, SparkError, analysis_error

ALICE, BOB = SessionKey("alice", "1"), SessionKey("bob", "1")


def info_of(error: BaseException, error_id: str | None = None) -> ErrorInfo:
    info = ErrorInfo()
    encode_status(error, error_id).details[0].Unpack(info)
    return info


def metadata_of(error: BaseException) -> dict[str, Any]:
    return dict(info_of(error).metadata)


def test_the_status_carries_spark_s_identity_of_the_error() -> None:
    error = analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName="`t`")
    info = info_of(error, "the id")
    assert info.reason == "org.apache.spark.sql.AnalysisException"
    assert info.domain == "org.apache.spark"
    assert dict(info.metadata) == {
        "classes": '["org.apache.spark.sql.AnalysisException"]',
        "sqlState": "42P01",
        "errorClass": "TABLE_OR_VIEW_NOT_FOUND",
        "messageParameters": '{"relationName": "`t`"}',
        "errorId": "the id",
    }


def test_an_error_of_python_is_an_internal_error_with_its_text() -> None:
    metadata = metadata_of(ZeroDivisionError("no way"))
    assert metadata["errorClass"] == "INTERNAL_ERROR"
    assert json.loads(metadata["messageParameters"]) == {"message": "ZeroDivisionError: no way"}
    assert encode_status(KeyboardInterrupt(), None).message == "[INTERNAL_ERROR] KeyboardInterrupt SQLSTATE: XX000"


def test_long_parameters_wait_to_be_fetched() -> None:
    error = analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName="t" * 2000)
    assert "errorClass" not in metadata_of(error)
    assert "messageParameters" not in metadata_of(error)
    throwable = encode_details(error).errors[0].spark_throwable
    assert throwable.message_parameters["relationName"] == "t" * 2000


@pytest.mark.parametrize(("letter", "factor"), [("t", 1), ("ä", 3), ("語", 3)])
def test_a_long_message_fits_a_header(letter: str, factor: int) -> None:
    error = analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName=letter * 5000)
    message = encode_status(error, None).message
    assert message.endswith("...")
    assert len(message.encode()) * factor <= MESSAGE_BYTES_MAX
    assert encode_details(error).errors[0].message == error.message


def test_causes_follow_the_error() -> None:
    error = analysis_error("TABLE_OR_VIEW_NOT_FOUND", relationName="t")
    error.__cause__ = OSError("disk")
    outer, inner = encode_details(error).errors
    assert outer.cause_idx == 1
    assert inner.message == "[INTERNAL_ERROR] OSError: disk SQLSTATE: XX000"
    assert not inner.HasField("cause_idx")


def test_query_contexts_can_be_fetched() -> None:
    context = QueryContext(ContextKind.SQL, "1/0", 7, 9)
    error = SparkError(ErrorKind.ARITHMETIC, "DIVIDE_BY_ZERO", {"config": "x"}, (context,))
    (encoded,) = encode_details(error).errors[0].spark_throwable.query_contexts
    assert (encoded.fragment, encoded.start_index, encoded.stop_index) == ("1/0", 7, 9)


def test_a_session_sees_its_own_latest_errors() -> None:
    store = ErrorStore()
    ids = [store.put(ALICE, ValueError(str(number))) for number in range(ERRORS_PER_SESSION_MAX + 1)]
    assert store.find(ALICE, ids[0]) is None
    assert str(store.find(ALICE, ids[-1])) == str(ERRORS_PER_SESSION_MAX)
    assert store.find(BOB, ids[-1]) is None
    store.forget_session(ALICE)
    assert store.find(ALICE, ids[-1]) is None
