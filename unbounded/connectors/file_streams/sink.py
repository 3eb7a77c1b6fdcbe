"""The streaming file sink: a batch's files count once they are in the log of the sink, all at once.

The order: 1. files complete and synced under their final names; 2. `_spark_metadata/<batch>` names them. A batch that
is in the log is not written again; files of a batch that died between 1 and 2 are never read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.streams import OutputMode
from unbounded.storage.api import FileStatus

WriteFiles = Callable[[pa.Table], Sequence[FileStatus]]
"""Rows -> the finished files that hold them."""


class FileStreamSink:
    """Implements `connectors.streams.StreamSink`; the row count is not known, as in Spark.

    `earlier` are files of others that count too: the first entry of the log names them.
    """

    takes_parts = False

    def __init__(
        self, folder: str, manifest: Manifest, write_files: WriteFiles, earlier: Sequence[DataFile] = ()
    ) -> None:
        manifest.sync()
        self._folder = folder
        self._manifest = manifest
        self._write_files = write_files
        self._earlier = earlier

    @property
    def description(self) -> str:
        return f"FileSink[file:{self._folder}]"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> None:
        latest = self._manifest.latest()
        if latest is not None and batch_id <= latest:
            return
        written = [DataFile(file.path, file.size_bytes, file.modified_ms) for file in self._write_files(rows)]
        self._manifest.add(batch_id, written if latest is not None else [*self._earlier, *written])

    def close(self) -> None:
        """Holds nothing open."""
