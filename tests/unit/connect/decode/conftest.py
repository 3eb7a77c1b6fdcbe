"""The official client as the source of messages: a session whose server is never contacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pyspark.errors.utils
import pytest
from google.protobuf.message import Message
from pyspark.sql.connect import proto
from pyspark.sql.connect.column import Column
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from unbounded.connect.decode import DecodeContext, decode_expression, decode_plan_root
from unbounded.plan.unresolved import Expression, Relation

AnyMessage = TypeVar("AnyMessage", bound=Message)
CONTEXT = DecodeContext(cached_bytes={}.__getitem__)


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkSession]:
    """Column functions would ask the server whether to record call sites: the answer is given beforehand."""
    monkeypatch.setattr(pyspark.errors.utils, "_enable_debugging_cache", False)
    session = SparkSession.builder.remote("sc://localhost:1").create()
    session.client.set_retry_policies([])
    yield session
    session.client.close()


@pytest.fixture
def decode(spark: SparkSession) -> Callable[[DataFrame], Relation]:
    """The decoded plan of a DataFrame without the client's running numbers."""

    def decode_frame(frame: DataFrame) -> Relation:
        return decode_plan_root(without_plan_ids(frame._plan.plan(spark.client)), CONTEXT)

    return decode_frame


@pytest.fixture
def decode_column(spark: SparkSession) -> Callable[[Column], Expression]:
    return lambda column: decode_expression(column.to_plan(spark.client), CONTEXT)


def without_plan_ids(message: AnyMessage) -> AnyMessage:
    """Clears the numbers of relations, which differ from run to run; those inside expressions stay."""
    if isinstance(message, proto.Relation):
        message.common.ClearField("plan_id")
    for field, value in message.ListFields():
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else (value,):
                without_plan_ids(part)
    return message
