"""Sinks of streaming stories: where the rows of one batch are found afterwards, on any server on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from pyspark.sql import SparkSession
from pyspark.sql import types as T
from pyspark.sql.streaming.listener import StreamingQueryProgress

from tests.runner.python_body import evaluate, python_scope
from tests.runner.story_rows import read_json_line

Rows = list[list[Any]]
_JSON_OPTIONS = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
_RECORD_BATCH = """
def record_batch(batch, batch_id):
    import json, os
    lines = [row[0] for row in batch.select(F.to_json(F.struct("*"), json_options)).collect()]
    with open(f"{folder}/.{batch_id}", "w") as file:
        file.write("".join(line + "\\n" for line in lines))
    os.replace(f"{folder}/.{batch_id}", f"{folder}/{batch_id}.json")

record_batch
"""


class StorySink(Protocol):
    def attach(self, writer: Any) -> Any:
        """The writer with the sink set; called for every run."""

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        """What the batch gave to the sink; asked once for every batch, in order."""


class FilesSink:
    """The JSON file sink: its log says which files a batch wrote. Append mode only; a batch done again is not seen."""

    def __init__(self, spark: SparkSession, folder: Path, schema: T.StructType) -> None:
        self._folder, self._schema = folder, schema

    def attach(self, writer: Any) -> Any:
        return writer.format("json").options(**_JSON_OPTIONS).option("path", str(self._folder))

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        entries = (self._folder / "_spark_metadata" / str(batch.batchId)).read_text().split("\n")[1:]
        paths = [unquote(urlsplit(json.loads(entry)["path"]).path) for entry in entries]
        return [read_json_line(self._schema, line) for path in paths for line in Path(path).read_text().splitlines()]


class MemorySink:
    """The memory sink: its table holds batch after batch (complete mode: the last one). Update mode cannot restart."""

    def __init__(self, spark: SparkSession, folder: Path, schema: T.StructType) -> None:
        self._spark, self._name, self._is_complete, self._seen = spark, folder.parent.name, False, 0

    def attach(self, writer: Any) -> Any:
        self._is_complete = writer._write_proto.output_mode == "complete"
        return writer.format("memory").queryName(self._name)

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        start = 0 if self._is_complete else self._seen
        self._seen = start + batch.sink.numOutputRows
        rows = self._spark.table(self._name).collect()[start : self._seen]
        return [list(row.asDict(recursive=True).values()) for row in rows]


class ForeachBatchSink:
    """A function that writes each batch's rows into a file of its own. Every mode, and sees batches done again."""

    def __init__(self, spark: SparkSession, folder: Path, schema: T.StructType) -> None:
        self._folder, self._schema = folder, schema
        scope = {**python_scope(spark, str(folder)), "folder": str(folder), "json_options": _JSON_OPTIONS}
        self._function = evaluate(
            _RECORD_BATCH, {name: scope[name] for name in ("__name__", "F", "folder", "json_options")}
        )

    def attach(self, writer: Any) -> Any:
        self._folder.mkdir(exist_ok=True)
        for file in self._folder.iterdir():
            file.unlink()
        return writer.foreachBatch(self._function)

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        lines = (self._folder / f"{batch.batchId}.json").read_text().splitlines()
        return [read_json_line(self._schema, line) for line in lines]


SINKS: dict[str, Callable[[SparkSession, Path, T.StructType], StorySink]] = {
    "files": FilesSink,
    "memory": MemorySink,
    "foreach_batch": ForeachBatchSink,
}
DEFAULT_SINK = {"append": "files", "update": "memory", "complete": "memory"}
