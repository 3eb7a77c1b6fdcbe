"""Writes a batch into a folder as Spark does: part files, partitions, `_SUCCESS`; all of it or nothing.

The order: 1. part files are written and synced below `_temporary`; 2. with overwrite, what they replace is deleted;
3. each file is renamed to its final name, and the names are synced; 4. `_temporary` goes; 5. a batch write puts
`_SUCCESS`, a streaming sink its log. A process that dies in 1 leaves only `_temporary`, which readers pass over; a half
file never stands under a final name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from unbounded.connectors.files.part_writers import ParquetPartWriter, PartWriter, TextPartWriter
from unbounded.connectors.files.write_options import WriteFormat, header_line
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError
from unbounded.ids import new_id
from unbounded.storage.api import FileStatus
from unbounded.storage.disk import Disk, SystemDisk, make_directories, make_durable_directories, remove_tree

TEMPORARY = "_temporary"
SUCCESS = "_SUCCESS"
OPEN_FILES_MAX = 128
"""Partitions being written at the same time; more of them close the one not used for the longest."""


@dataclass(frozen=True, slots=True)
class SinkLayout:
    """What is written where. `schema`: the Arrow schema of a Parquet file; `names`: the columns of a CSV header."""

    target: str
    file_format: FileFormat
    options: WriteFormat
    schema: pa.Schema
    names: tuple[str, ...]
    is_partitioned: bool = False
    overwrites: bool = False
    overwrites_dynamically: bool = False
    file_count: int = 1


class FileSink:
    """Implements `connectors.api.BatchSink`. Batches have the sink's columns, then `folder`."""

    def __init__(self, layout: SinkLayout, disk: Disk | None = None) -> None:
        self._layout = layout
        self._disk = disk or SystemDisk()
        self._job_id = new_id()
        self._staging = os.path.join(layout.target, TEMPORARY, self._job_id)
        self._open: dict[tuple[str, int], PartWriter] = {}
        self._counts: dict[tuple[str, int], int] = {}

    def write(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Raises: SparkError UNBOUNDED_DISK_FULL, TASK_WRITE_FAILED, or what computing the rows raises"""
        self.write_files(batches)
        self._disk.create(os.path.join(self._layout.target, SUCCESS)).close()

    def write_files(self, batches: Iterator[pa.RecordBatch]) -> list[FileStatus]:
        """Everything but `_SUCCESS`; the finished files. Raises as `write`."""
        try:
            return self._write(batches)
        except OSError as error:
            self._discard()
            raise self._write_error(error) from error
        except BaseException:
            self._discard()
            raise

    def _write(self, batches: Iterator[pa.RecordBatch]) -> list[FileStatus]:
        make_durable_directories(self._disk, self._layout.target)
        make_directories(self._disk, self._staging)
        for batch in batches:
            for folder, rows in _by_folder(batch):
                self._write_rows(folder, rows)
        if not self._counts and not self._layout.is_partitioned:
            self._writer("", 0)
        for writer in self._open.values():
            writer.close()
        self._open.clear()
        return self._commit()

    def _write_rows(self, folder: str, rows: pa.RecordBatch) -> None:
        """Rows of one folder, in order over the files asked for."""
        parts = min(self._layout.file_count, rows.num_rows) or 1
        for part in range(parts):
            start, end = part * rows.num_rows // parts, (part + 1) * rows.num_rows // parts
            self._writer(folder, part).write(rows.slice(start, end - start))

    def _writer(self, folder: str, part: int) -> PartWriter:
        key = (folder, part)
        writer = self._open.pop(key, None)
        if writer is None:
            if len(self._open) >= OPEN_FILES_MAX:
                self._open.pop(next(iter(self._open))).close()
            writer = self._new_writer(folder, part)
        self._open[key] = writer
        return writer

    def _new_writer(self, folder: str, part: int) -> PartWriter:
        layout = self._layout
        count = self._counts.get((folder, part), 0)
        self._counts[folder, part] = count + 1
        path = os.path.join(self._staging, folder, self._file_name(part, count))
        make_directories(self._disk, os.path.dirname(path))
        if layout.file_format is FileFormat.PARQUET:
            return ParquetPartWriter(self._disk, path, layout.options.compression, layout.schema)
        header = header_line(layout.names, layout.options) if layout.options.has_header else ""
        return TextPartWriter(self._disk, path, layout.options.compression, header)

    def _file_name(self, part: int, count: int) -> str:
        """Spark's pattern, which differs between partitioned writes and others."""
        compression = self._layout.options.compression.suffix
        if self._layout.file_format is FileFormat.PARQUET:
            suffix = f"{compression}.parquet"
        else:
            extension = "txt" if self._layout.file_format is FileFormat.TEXT else self._layout.file_format.value
            suffix = f".{extension}{compression}"
        separator = "." if self._layout.is_partitioned else "-"
        return f"part-{part:05d}-{self._job_id}{separator}c{count:03d}{suffix}"

    def _commit(self) -> list[FileStatus]:
        written = self._written()
        if self._layout.overwrites_dynamically:
            for folder in {os.path.dirname(path) for path in written}:
                _clear(self._disk, os.path.join(self._layout.target, folder))
        elif self._layout.overwrites:
            _clear(self._disk, self._layout.target)
        self._name(written)
        for folder in sorted({folder for path in written for folder in _folders_of(path)}):
            self._disk.sync(os.path.join(self._layout.target, folder))
        self._discard()
        finals = (self._disk.status(os.path.join(self._layout.target, path)) for path in written)
        return [status for status in finals if status is not None]

    def _written(self) -> list[str]:
        """The files in the staging folder: paths relative to it, sorted."""
        return sorted(os.path.relpath(path, self._staging) for path in _files_below(self._disk, self._staging))

    def _name(self, written: Sequence[str]) -> None:
        """Gives every file its final name, or none."""
        named: list[str] = []
        try:
            for path in written:
                final = os.path.join(self._layout.target, path)
                make_directories(self._disk, os.path.dirname(final))
                self._disk.rename(os.path.join(self._staging, path), final)
                named.append(final)
        except OSError:
            for final in named:
                with suppress(OSError):
                    self._disk.unlink(final)
            raise

    def _discard(self) -> None:
        """What cannot be deleted stays below `_temporary`, where no reader looks."""
        with suppress(OSError):
            remove_tree(self._disk, self._staging)
            self._disk.remove_directory(os.path.dirname(self._staging))

    def _write_error(self, error: OSError) -> SparkError:
        path = f"file:{self._layout.target}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return SparkError(ErrorKind.SPARK, "UNBOUNDED_DISK_FULL", {"path": path})
        return SparkError(ErrorKind.SPARK, "TASK_WRITE_FAILED", {"path": f"{path} ({error})"})


def _files_below(disk: Disk, folder: str) -> Iterator[str]:
    for entry in disk.list(folder):
        if entry.is_directory:
            yield from _files_below(disk, entry.path)
        else:
            yield entry.path


def _folders_of(path: str) -> Iterator[str]:
    """The folders of a relative path, outermost first; the first one is empty."""
    names = path.split(os.sep)
    return (os.path.join("", *names[:count]) for count in range(len(names)))


def _clear(disk: Disk, folder: str) -> None:
    """Deletes what is in `folder`, except the staging of writes that run."""
    if disk.status(folder) is None:
        return
    for entry in disk.list(folder):
        if os.path.basename(entry.path) == TEMPORARY:
            continue
        if entry.is_directory:
            remove_tree(disk, entry.path)
        else:
            disk.unlink(entry.path)


def _by_folder(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of each folder in the batch, in the order in which folders appear."""
    folders = batch.column(batch.num_columns - 1).dictionary_encode()
    names = folders.dictionary.to_pylist()
    if len(names) == 1:
        yield names[0], batch
        return
    indices = folders.indices.to_numpy(zero_copy_only=False)
    for index, name in enumerate(names):
        yield name, batch.filter(pa.array(indices == index))
