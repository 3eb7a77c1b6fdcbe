"""Sessions and their settings over the wire."""

from __future__ import annotations

import warnings

import grpc
import pytest
from pyspark.sql.connect import proto
from pyspark.sql.connect.session import SparkSession

from tests.clients.wire import Wire, message_of
from unbounded.ids import new_id

READ_BY_THE_CLIENT = (
    "spark.sql.timestampType",
    "spark.sql.session.timeZone",
    "spark.sql.session.localRelationCacheThreshold",
    "spark.sql.session.localRelationSizeLimit",
    "spark.sql.session.localRelationChunkSizeRows",
    "spark.sql.session.localRelationChunkSizeBytes",
    "spark.sql.session.localRelationBatchOfChunksSizeBytes",
    "spark.sql.execution.pandas.convertToArrowArraySafely",
    "spark.sql.execution.pandas.inferPandasDictAsMap",
    "spark.sql.execution.pandas.structHandlingMode",
    "spark.sql.pyspark.inferNestedDictAsStruct.enabled",
    "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled",
    "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled",
    "spark.sql.execution.arrow.useLargeVarTypes",
    "spark.sql.execution.arrow.pyspark.selfDestruct.enabled",
    "spark.sql.execution.pyspark.binaryAsBytes",
    "spark.sql.execution.pythonUDF.arrow.enabled",
    "spark.sql.execution.pythonUDTF.arrow.enabled",
    "spark.sql.repl.eagerEval.enabled",
    "spark.sql.connect.serverStacktrace.enabled",
    "spark.sql.pyspark.jvmStacktrace.enabled",
    "spark.connect.session.planCompression.threshold",
    "spark.connect.session.planCompression.defaultAlgorithm",
)


def test_every_setting_that_the_client_reads_has_a_value(spark: SparkSession) -> None:
    assert [key for key, value in spark.client.get_config_dict(*READ_BY_THE_CLIENT).items() if value is None] == []


def test_settings_belong_to_their_session(spark: SparkSession, engine_url: str) -> None:
    other = SparkSession.builder.remote(engine_url).create()
    spark.conf.set("spark.sql.shuffle.partitions", 3)
    assert spark.conf.get("spark.sql.shuffle.partitions") == "3"
    assert other.conf.get("spark.sql.shuffle.partitions") == "200"
    spark.conf.unset("spark.sql.shuffle.partitions")
    assert spark.conf.get("spark.sql.shuffle.partitions") == "200"
    assert "spark.sql.shuffle.partitions" not in spark.conf.getAll
    assert spark.conf.isModifiable("spark.sql.shuffle.partitions")
    assert not spark.conf.isModifiable("spark.sql.warehouse.dir")
    other.stop()


def test_setting_what_is_deprecated_warns(spark: SparkSession) -> None:
    with pytest.warns(UserWarning, match=r"has been deprecated in Spark v3\.0"):
        spark.conf.set("spark.sql.execution.arrow.enabled", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")


def test_a_builder_may_carry_settings_of_a_cluster(engine_url: str) -> None:
    builder = SparkSession.builder.remote(engine_url).config("spark.driver.memory", "4g").appName("App")
    spark = builder.create()
    assert spark.conf.get("spark.app.name") == "App"
    assert spark.version == "4.2.0"
    spark.stop()


def test_a_clone_starts_with_the_settings_and_goes_its_own_way(spark: SparkSession) -> None:
    spark.conf.set("my.own", "1")
    clone = spark.cloneSession()
    assert clone.conf.get("my.own") == "1"
    clone.conf.set("my.own", "2")
    assert spark.conf.get("my.own") == "1"
    clone.client.release_session()
    with pytest.raises(grpc.RpcError, match="TARGET_SESSION_ID_ALREADY_CLOSED"):
        spark.cloneSession(clone.session_id)


def config_error(wire: Wire, **fields: str) -> str:
    """The message that answers a Config call with these fields."""
    request = proto.ConfigRequest(**{**wire.who, **fields})
    request.operation.get_all.SetInParent()
    with pytest.raises(grpc.RpcError) as caught:
        wire.stub.Config(request)
    return message_of(caught.value)


def test_handles_that_are_not_what_the_client_thinks(engine_url: str) -> None:
    wire = Wire(engine_url)
    assert "INVALID_HANDLE.FORMAT" in config_error(wire, session_id="not a uuid")
    observed = config_error(wire, client_observed_server_side_session_id=new_id())
    assert "INVALID_HANDLE.SESSION_CHANGED" in observed
    wire.stub.ReleaseSession(proto.ReleaseSessionRequest(**wire.who))
    assert "INVALID_HANDLE.SESSION_CLOSED" in config_error(wire)
