"""A read of files as a value: exactly these files, with this schema and these options. `lowering.scans` reads it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from unbounded.connectors.files.format_options import (
    BinaryOptions,
    CsvOptions,
    FormatOptions,
    JsonOptions,
    ParquetOptions,
    TextOptions,
)
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.metadata import metadata_field
from unbounded.connectors.files.partitions import read_values
from unbounded.connectors.files.paths import encoded_uri
from unbounded.connectors.formats import FileFormat
from unbounded.types.datatypes import StructField, StructType


@dataclass(frozen=True, slots=True)
class FileScan:
    """A `BatchSource` that the engine reads itself.

    `data_schema` are the columns inside the files, `partition_schema` those in the names of their folders, which come
    after them. `required`: positions of the columns a query uses, None for all (set by the optimizer; columns that
    are not required are still in the output, and may hold anything). `told`: names of partition columns that no folder
    tells, but the files' `values` (Parquet only). `has_metadata`: whether the column `_metadata` comes last.
    """

    format: FileFormat
    files: tuple[DataFile, ...]
    data_schema: StructType
    options: FormatOptions
    partition_schema: StructType = StructType()
    required: frozenset[int] | None = None
    told: frozenset[str] = frozenset()
    has_metadata: bool = False

    @property
    def schema(self) -> StructType:
        metadata = (self.metadata_field,) if self.has_metadata else ()
        return StructType(self.data_schema.fields + self.partition_schema.fields + metadata)

    @property
    def metadata_field(self) -> StructField:
        return metadata_field(self.format, StructType(self.data_schema.fields + self.partition_schema.fields))

    def with_metadata(self) -> FileScan:
        return replace(self, has_metadata=True)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.files)

    def input_files(self) -> Sequence[str]:
        return [encoded_uri(path) for path in sorted(self.paths)]

    def in_reading_order(self) -> FileScan:
        """The same read with the largest file first, as Spark packs files into tasks; equal ones stay in order."""
        return self.with_files(sorted(self.files, key=lambda file: -file.size_bytes))

    def with_files(self, files: Sequence[DataFile]) -> FileScan:
        """The same read of other files."""
        return replace(self, files=tuple(files))

    def with_paths(self, paths: Sequence[str]) -> FileScan:
        """The same read of the files at `paths` (absolute), whose innermost folders hold the partition values."""
        files = [DataFile(path, *_size_and_time(path), self._values_of(path)) for path in paths]
        return self.with_files(files).in_reading_order()

    def _values_of(self, path: str) -> tuple[str | None, ...]:
        """NULL for a file that is in no folder of a partition."""
        names = [field.name for field in self.partition_schema.fields]
        found = dict(read_values(path.split("/")[-1 - len(names) : -1]) or ()) if names else {}
        return tuple(found.get(name) for name in names)

    def with_required(self, positions: frozenset[int]) -> FileScan:
        return replace(self, required=positions)

    def requires(self, position: int) -> bool:
        return self.required is None or position in self.required

    @property
    def corrupt_position(self) -> int | None:
        """The position of the column for malformed records, if the schema has it."""
        if not isinstance(self.options, CsvOptions | JsonOptions):
            return None
        names = self.data_schema.names
        return names.index(self.options.corrupt_column) if self.options.corrupt_column in names else None


def _size_and_time(path: str) -> tuple[int, int]:
    """In bytes, and milliseconds since the epoch; 0 if the file is gone: reading it says so."""
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns // 1_000_000


_DEFAULTS: dict[FileFormat, FormatOptions] = {
    FileFormat.CSV: CsvOptions(),
    FileFormat.JSON: JsonOptions(),
    FileFormat.TEXT: TextOptions(),
    FileFormat.PARQUET: ParquetOptions(),
    FileFormat.BINARY: BinaryOptions(),
}


def file_scan(
    file_format: FileFormat, paths: Sequence[str], schema: StructType, options: FormatOptions | None = None
) -> FileScan:
    """A read of exactly the files `paths` (absolute) with `schema`; nothing is listed or inferred."""
    files = tuple(DataFile(path, 0, 0) for path in paths)
    return FileScan(file_format, files, schema, options or _DEFAULTS[file_format])
