"""The sinks of the crash tests over a disk in memory, and what is in them. Each is opened again for every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pyarrow as pa

from tests.unit.memory_disk import MemoryDisk
from tests.unit.streaming.harness import Story
from unbounded.cancellation import Cancellation
from unbounded.checkpoint.compactible_log import LogSettings
from unbounded.connectors.file_streams.earlier_files import remember_earlier_files
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.file_streams.table_sink import TableStreamSink
from unbounded.connectors.formats import FileFormat
from unbounded.connectors.memory import MemorySink
from unbounded.connectors.streams import OutputMode, StreamSink
from unbounded.execution.queries import Run, run_query
from unbounded.plan.logical import Input, LocalRelation
from unbounded.session.catalog import SessionCatalog
from unbounded.session.config import SessionConfig
from unbounded.session.file_writes import Destination, check_write
from unbounded.session.foreach_batch import ForeachBatchSink
from unbounded.storage.api import FileStatus
from unbounded.types.arrow import to_arrow_schema

FOLDER = "/out"


class Outlet(Protocol):
    """One sink over several runs."""

    def open(self, story: Story) -> StreamSink: ...

    def batches(self) -> dict[int, list[str]]:
        """The rows by batch; as one batch if the sink does not know them."""
        ...


class Files:
    """JSON lines in files that count once they are in the log, which is compacted often."""

    def __init__(self, disk: MemoryDisk) -> None:
        self.disk = disk

    def open(self, story: Story) -> StreamSink:
        return self._open(story)

    def _open(self, story: Story) -> FileStreamSink:
        plan = Input("rows", story.plan.output)
        destination = Destination(FOLDER, FileFormat.JSON)
        write = check_write(plan, destination, (), story.environment, SessionConfig({}))

        def write_files(rows: pa.Table) -> list[FileStatus]:
            query, sink = write.begin(plan, self.disk)
            return sink.write_files(run_query(query, Run(story.database, "UTC", Cancellation(), {"rows": rows})))

        self.manifest = Manifest(story.files, FOLDER, story.clock, LogSettings(3, retained_batches=2))
        return FileStreamSink(FOLDER, self.manifest, write_files)

    def batches(self) -> dict[int, list[str]]:
        return {0: [line for f in self.manifest.files() for line in self.disk.read(f.path).decode().splitlines()]}


class Table(Files):
    """The same as a table, which notes who writes it."""

    def open(self, story: Story) -> StreamSink:
        remember_earlier_files(story.files, FOLDER)
        sink = self._open(story)
        return TableStreamSink(sink, self.manifest, story.files, FOLDER, story.checkpoint.query_id)


class Memory:
    """The table of the memory sink, which outlives the run."""

    def __init__(self, disk: MemoryDisk) -> None:
        self._sink: MemorySink | None = None

    def open(self, story: Story) -> StreamSink:
        self._sink = self._sink or MemorySink(to_arrow_schema(story.plan.schema, "UTC"))
        return self._sink

    def batches(self) -> dict[int, list[str]]:
        assert self._sink is not None
        return {0: _lines(self._sink.table())}


class Function:
    """A function of batches that replaces what it has of a batch. It keeps its rows where no power is lost."""

    def __init__(self, disk: MemoryDisk) -> None:
        self._catalog = SessionCatalog(SessionConfig({}))
        self._batches: dict[int, list[str]] = {}

    def open(self, story: Story) -> StreamSink:
        return ForeachBatchSink(story.plan.output, self, self._catalog, Cancellation())

    def call(self, relation_id: str, batch_id: int, cancellation: Cancellation) -> None:
        held = self._catalog.find_remote_relation(relation_id)
        assert isinstance(held, LocalRelation)
        self._batches[batch_id] = _lines(held.table)

    def batches(self) -> dict[int, list[str]]:
        return self._batches

    def close(self) -> None: ...


OUTLETS: dict[str, Callable[[MemoryDisk], Outlet]] = {
    "files": Files,
    "table": Table,
    "memory": Memory,
    "foreachBatch": Function,
}


def modes(outlet: str) -> frozenset[OutputMode]:
    """Files only take what is appended."""
    return frozenset({OutputMode.APPEND}) if outlet in ("files", "table") else frozenset(OutputMode)


def _lines(rows: pa.Table) -> list[str]:
    return [" ".join(map(str, row.values())) for row in rows.to_pylist()]
