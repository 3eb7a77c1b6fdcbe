"""Sinks of streaming stories: where the rows of one batch are found afterwards, on any server on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from pyspark.sql import SparkSession
from pyspark.sql import types as T
from pyspark.sql.streaming.listener import StreamingQueryProgress

from tests.runner.python_body import evaluate, python_scope
from tests.runner.story_rows import read_json_line, render_row

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


_NOTED_CALLS = """
class NotedCalls:
    def __init__(self, receiver):
        self.receiver = receiver

    def note(self, line):
        with open(self.path, "a") as file:
            file.write(line + "\\n")

    def open(self, partition_id, epoch_id):
        self.path = f"{folder}/{epoch_id}-{partition_id}"
        self.note(f"open {partition_id}")
        return self.receiver.open(partition_id, epoch_id)

    def process(self, row):
        self.note(f"process {row}")
        self.receiver.process(row)

    def close(self, error):
        self.note(f"close {error}")
        self.receiver.close(error)

NotedCalls(receiver)
"""
_RULE = "-" * 43


@dataclass(frozen=True, slots=True)
class SinkPlace:
    """Where a story's sink is: its folder, the schema of its rows, the object that gets them (`foreach`), and the file
    that has what the server prints."""

    spark: SparkSession
    folder: Path
    schema: T.StructType
    receiver: Any
    output: Path | None


class StorySink(Protocol):
    def attach(self, writer: Any) -> Any:
        """The writer with the sink set; called for every run."""

    def lines(self, batch: StreamingQueryProgress, batch_time_ms: int) -> list[str]:
        """What the batch gave to the sink; asked once for every batch, in order."""


class RowsSink:
    """A sink whose rows can be had: they are shown sorted."""

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        raise NotImplementedError

    def lines(self, batch: StreamingQueryProgress, batch_time_ms: int) -> list[str]:
        return sorted(render_row(row, batch_time_ms) for row in self.rows(batch))


class FilesSink(RowsSink):
    """The JSON file sink: its log says which files a batch wrote. Append mode only; a batch done again is not seen."""

    def __init__(self, place: SinkPlace) -> None:
        self._folder, self._schema = place.folder, place.schema

    def attach(self, writer: Any) -> Any:
        return writer.format("json").options(**_JSON_OPTIONS).option("path", str(self._folder))

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        entries = (self._folder / "_spark_metadata" / str(batch.batchId)).read_text().split("\n")[1:]
        paths = [unquote(urlsplit(json.loads(entry)["path"]).path) for entry in entries]
        return [read_json_line(self._schema, line) for path in paths for line in Path(path).read_text().splitlines()]


class MemorySink(RowsSink):
    """The memory sink: its table holds batch after batch (complete mode: the last one). Update mode cannot restart."""

    def __init__(self, place: SinkPlace) -> None:
        self._spark, self._name, self._is_complete, self._seen = place.spark, place.folder.parent.name, False, 0

    def attach(self, writer: Any) -> Any:
        self._is_complete = writer._write_proto.output_mode == "complete"
        return writer.format("memory").queryName(self._name)

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        start = 0 if self._is_complete else self._seen
        self._seen = start + batch.sink.numOutputRows
        rows = self._spark.table(self._name).collect()[start : self._seen]
        return [list(row.asDict(recursive=True).values()) for row in rows]


class ForeachBatchSink(RowsSink):
    """A function that writes each batch's rows into a file of its own. Every mode, and sees batches done again."""

    def __init__(self, place: SinkPlace) -> None:
        self._folder, self._schema = folder, _ = place.folder, place.schema
        scope = {**python_scope(place.spark, str(folder)), "folder": str(folder), "json_options": _JSON_OPTIONS}
        self._function = evaluate(
            _RECORD_BATCH, {name: scope[name] for name in ("__name__", "F", "folder", "json_options")}
        )

    def attach(self, writer: Any) -> Any:
        make_empty(self._folder)
        return writer.foreachBatch(self._function)

    def rows(self, batch: StreamingQueryProgress) -> Rows:
        lines = (self._folder / f"{batch.batchId}.json").read_text().splitlines()
        return [read_json_line(self._schema, line) for line in lines]


class ForeachSink:
    """The calls that an object gets, partition by partition."""

    def __init__(self, place: SinkPlace) -> None:
        self._folder = place.folder
        scope = {"__name__": "__case__", "folder": str(place.folder), "receiver": place.receiver}
        self._noted = evaluate(_NOTED_CALLS, scope)

    def attach(self, writer: Any) -> Any:
        make_empty(self._folder)
        return writer.foreach(self._noted)

    def lines(self, batch: StreamingQueryProgress, batch_time_ms: int) -> list[str]:
        files = sorted(self._folder.glob(f"{batch.batchId}-*"), key=lambda file: int(file.name.partition("-")[2]))
        return [line for file in files for line in file.read_text().splitlines()]


class ConsoleSink:
    """What a batch prints on the server's standard output."""

    def __init__(self, place: SinkPlace) -> None:
        if place.output is None:
            raise ValueError("what this server prints is not known")
        self._output = place.output
        self._start = self._output.stat().st_size

    def attach(self, writer: Any) -> Any:
        return writer.format("console")

    def lines(self, batch: StreamingQueryProgress, batch_time_ms: int) -> list[str]:
        printed = self._output.read_bytes()[self._start :].decode()
        head = f"{_RULE}\nBatch: {batch.batchId}\n{_RULE}\n"
        _, _, rest = printed.partition(head)
        return (head + rest.partition(_RULE)[0]).rstrip("\n").split("\n")


def make_empty(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()


SINKS: dict[str, Callable[[SinkPlace], StorySink]] = {
    "files": FilesSink,
    "memory": MemorySink,
    "foreach_batch": ForeachBatchSink,
    "foreach": ForeachSink,
    "console": ConsoleSink,
}
DEFAULT_SINK = {"append": "files", "update": "memory", "complete": "memory"}
