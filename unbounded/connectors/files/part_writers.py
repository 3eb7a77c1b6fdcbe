"""Writers of one part file each: Arrow batches in, one finished and synced file out. Know nothing of folders."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from unbounded.connectors.files.write_options import Compression
from unbounded.storage.disk import Disk


class PartWriter(Protocol):
    """One file being written."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None:
        """The file is complete and on the disk afterwards."""
        ...


class TextPartWriter:
    """Lines (first column, each with its line separator) as bytes, copied out of the Arrow buffer."""

    def __init__(self, disk: Disk, path: str, compression: Compression, header: str) -> None:
        self._disk = disk
        self._path = path
        file = disk.create(path)
        self._stream = file if compression.codec is None else pa.CompressedOutputStream(file, compression.codec)
        if header:
            self._stream.write(header.encode())

    def write(self, batch: pa.RecordBatch) -> None:
        lines = batch.column(0)
        if len(lines) > 0:
            _, offsets, content = lines.buffers()
            ends = np.frombuffer(offsets, np.int32)
            first, last = int(ends[lines.offset]), int(ends[lines.offset + len(lines)])
            if last > first:
                self._stream.write(content.slice(first, last - first))

    def close(self) -> None:
        self._stream.close()
        self._disk.sync(self._path)


class ParquetPartWriter:
    """`schema` is the Arrow schema of the file, with Spark's metadata."""

    def __init__(self, disk: Disk, path: str, compression: Compression, schema: pa.Schema) -> None:
        self._disk = disk
        self._path = path
        self._schema = schema
        self._file = disk.create(path)
        self._writer = pq.ParquetWriter(
            self._file, schema, compression=compression.codec or "none", store_schema=False, write_page_index=False
        )

    def write(self, batch: pa.RecordBatch) -> None:
        columns = batch.columns[: len(self._schema)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
        self._file.close()
        self._disk.sync(self._path)
