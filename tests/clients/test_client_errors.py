"""Errors as the user catches them."""

from __future__ import annotations

import pytest
from pyspark.errors import (
    AnalysisException,
    IllegalArgumentException,
    SparkNoSuchElementException,
    UnsupportedOperationException,
)
from pyspark.sql.connect import proto
from pyspark.sql.connect.session import SparkSession

from tests.clients.wire import Wire


def test_an_unknown_table(spark: SparkSession) -> None:
    with pytest.raises(AnalysisException) as caught:
        spark.table("no_such_table").collect()
    error = caught.value
    assert error.getCondition() == "TABLE_OR_VIEW_NOT_FOUND"
    assert error.getSqlState() == "42P01"
    assert error.getMessageParameters()["relationName"] == "`no_such_table`"
    assert "JVM stacktrace" not in str(error)


def test_a_message_too_long_for_a_header_arrives_whole(spark: SparkSession) -> None:
    key = "ü" * 5000
    with pytest.raises(SparkNoSuchElementException) as caught:
        spark.conf.get(key)
    assert caught.value.getMessageParameters() == {"sqlConf": f'"{key}"'}
    assert key in str(caught.value)


def test_a_refused_setting(spark: SparkSession) -> None:
    with pytest.raises(IllegalArgumentException) as caught:
        spark.conf.set("spark.sql.shuffle.partitions", "many")
    assert caught.value.getCondition() == "INVALID_CONF_VALUE.TYPE_MISMATCH"


def test_what_this_engine_lacks_is_refused_by_name(spark: SparkSession) -> None:
    command = proto.Command()
    command.ml_command.get_cache_info.SetInParent()
    with pytest.raises(UnsupportedOperationException, match="pyspark.ml is not supported by this engine"):
        spark.client.execute_command(command)


def test_a_plan_that_makes_no_sense(engine_url: str) -> None:
    wire = Wire(engine_url)
    request = wire.range_request(1)
    request.plan.Clear()
    with pytest.raises(Exception, match="CONNECT_INVALID_PLAN.INVALID_ONE_OF_FIELD_NOT_SET"):
        list(wire.stub.ExecutePlan(request))
