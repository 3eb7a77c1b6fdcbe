"""Data and files that a client uploads."""

from __future__ import annotations

import zlib
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect import proto
from pyspark.sql.connect.session import SparkSession

from tests.clients.wire import Wire


def test_large_local_data_is_uploaded_and_read(spark: SparkSession) -> None:
    rows = pa.table({"id": pa.array(range(300_000), pa.int64())})
    frame = spark.createDataFrame(rows)
    assert frame.toArrow().equals(rows)


def test_local_data_is_uploaded_once(spark: SparkSession) -> None:
    blob = bytes(range(256)) * 1000
    content_hash = spark.client.cache_artifact(blob)
    assert spark.client._artifact_manager.get_cached_artifacts([content_hash]) == {content_hash}
    assert spark.client._artifact_manager.get_cached_artifacts(["0" * 64]) == set()
    assert spark.client.cache_artifact(blob) == content_hash


def test_a_file_keeps_its_content(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "settings.txt"
    path.write_text("first")
    spark.addArtifacts(str(path), file=True)
    spark.addArtifacts(str(path), file=True)
    path.write_text("second")
    with pytest.raises(PySparkException, match="ARTIFACT_ALREADY_EXISTS"):
        spark.addArtifacts(str(path), file=True)


def chunk(data: bytes, crc: int) -> proto.AddArtifactsRequest.ArtifactChunk:
    return proto.AddArtifactsRequest.ArtifactChunk(data=data, crc=crc)


def test_a_damaged_upload_is_reported_and_not_kept(engine_url: str) -> None:
    wire = Wire(engine_url)
    begin = proto.AddArtifactsRequest(**wire.who)
    begin.begin_chunk.name, begin.begin_chunk.total_bytes, begin.begin_chunk.num_chunks = "cache/broken", 4, 2
    begin.begin_chunk.initial_chunk.CopyFrom(chunk(b"ab", zlib.crc32(b"ab")))
    rest = proto.AddArtifactsRequest(**wire.who, chunk=chunk(b"cd", zlib.crc32(b"other")))
    (summary,) = wire.stub.AddArtifacts(iter([begin, rest])).artifacts
    assert (summary.name, summary.is_crc_successful) == ("cache/broken", False)
    status = wire.stub.ArtifactStatus(proto.ArtifactStatusesRequest(**wire.who, names=["cache/broken"]))
    assert not status.statuses["cache/broken"].exists
