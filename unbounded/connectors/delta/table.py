"""One version of a Delta table: its columns and files, opened by delta-rs and read by the engine itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from unbounded.connectors.delta import log
from unbounded.connectors.delta.library import library
from unbounded.connectors.files.format_options import ParquetOptions
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.partitions import read_values
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported
from unbounded.types.datatypes import INTEGER, StructField, StructType, TimestampType
from unbounded.types.json_form import from_json

FEATURES_OF: Mapping[int, frozenset[str]] = {
    2: frozenset({"appendOnly", "invariants"}),
    3: frozenset({"checkConstraints"}),
    4: frozenset({"changeDataFeed", "generatedColumns"}),
    5: frozenset({"columnMapping"}),
    6: frozenset({"identityColumns"}),
}
"""What a writer's version stands for that has no list of features."""

FILE_NUMBER = "_unbounded_file"
_CONCURRENCY = "https://docs.delta.io/latest/concurrency-control.html"
_DISK_FULL = os.strerror(errno.ENOSPC)
_MAPPING = "delta.columnMapping.mode"
_FEATURES = frozenset(
    {"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "variantType"}
)
"""What a table may ask of its readers; mapping, vectors and VARIANT only while they are not in use."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`path` is absolute; `schema` has all columns in the table's order.

    By the position of `files`: `names` are theirs in the log, `row_counts` their rows, where the log has them.
    """

    path: str
    table_id: str
    version: int
    schema: StructType
    partition_columns: tuple[str, ...]
    files: tuple[DataFile, ...]
    names: tuple[str, ...] = ()
    row_counts: tuple[int | None, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()

    def scan(self) -> FileScan:
        """A read of all files; partition columns come last, whatever the table's order."""
        return self.scan_of(self.files).in_reading_order()

    def scan_of(self, files: Iterable[DataFile]) -> FileScan:
        """A read of some files of the table. Raises: SparkError if their folders do not tell the partition values"""
        by_name = {field.name: field for field in self.schema.fields}
        data = StructType(tuple(f for f in self.schema.fields if f.name not in self.partition_columns))
        partitions = StructType(tuple(by_name[name] for name in self.partition_columns))
        placed = tuple(replace(file, values=self._values(file.path)) for file in files)
        return FileScan(FileFormat.PARQUET, placed, data, ParquetOptions(), partitions)

    def numbered_scan(self, positions: Iterable[int]) -> FileScan:
        """A read of the files at `positions` that tells of each row in which file it is (column FILE_NUMBER)."""
        chosen = tuple(positions)
        scan = self.scan_of(self.files[position] for position in chosen)
        files = (replace(f, values=(*f.values, str(p))) for f, p in zip(scan.files, chosen, strict=True))
        partitions = StructType((*scan.partition_schema.fields, StructField(FILE_NUMBER, INTEGER, False)))
        return replace(scan, files=tuple(files), partition_schema=partitions, told=frozenset({FILE_NUMBER}))

    def partition_values(self, position: int) -> Mapping[str, str | None]:
        return self.values_of(self.files[position].path)

    def values_of(self, path: str) -> Mapping[str, str | None]:
        """The partition values of a file, by the names of its folders."""
        return dict(zip(self.partition_columns, self._values(path), strict=True))

    def _values(self, path: str) -> tuple[str | None, ...]:
        folders = os.path.dirname(os.path.relpath(path, self.path))
        values = dict(read_values(folders.split("/")) or ()) if folders else {}
        if not self.partition_columns or set(values) == set(self.partition_columns):
            return tuple(values[name] for name in self.partition_columns)
        hint = "Rewrite the table without delta.randomizeFilePrefixes."
        raise not_supported(f"A Delta table whose folders do not name its partitions ({path})", hint)


@dataclass(frozen=True, slots=True)
class TableMetadata:
    """What the log says about a table besides its files. `properties` are sorted by name."""

    table_id: str
    version: int
    schema: StructType
    partition_columns: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]
    comment: str | None
    created_ms: int | None
    reader_version: int
    writer_version: int
    reader_features: tuple[str, ...]
    writer_features: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """As Delta counts them: a version without a list of features stands for those it has."""
        if self.reader_features or self.writer_features:
            return tuple(sorted({*self.reader_features, *self.writer_features}))
        return tuple(sorted(name for v, names in FEATURES_OF.items() if v <= self.writer_version for name in names))


def open_metadata(path: str) -> TableMetadata:
    """Raises: SparkError PATH_NOT_FOUND, DELTA_TABLE_NOT_FOUND"""
    _require_table(path)
    return metadata_of(guarded(path, lambda: library().DeltaTable(path)))


def metadata_of(table: Any) -> TableMetadata:
    metadata, protocol = table.metadata(), table.protocol()
    schema = from_json(table.schema().to_json())
    assert isinstance(schema, StructType)
    return TableMetadata(
        metadata.id,
        table.version(),
        schema,
        tuple(metadata.partition_columns),
        tuple(sorted(metadata.configuration.items())),
        metadata.description or None,
        metadata.created_time,
        protocol.min_reader_version,
        protocol.min_writer_version,
        tuple(sorted(protocol.reader_features or ())),
        tuple(sorted(protocol.writer_features or ())),
    )


def open_table(path: str) -> Any:
    """The table at `path` (absolute) as delta-rs knows it. Raises: SparkError PATH_NOT_FOUND, DELTA_TABLE_NOT_FOUND"""
    _require_table(path)
    return guarded(path, lambda: library().DeltaTable(path))


def _require_table(path: str) -> None:
    if not os.path.exists(path):
        raise analysis_error("PATH_NOT_FOUND", path=path)
    if not log.is_table(path):
        raise analysis_error("DELTA_TABLE_NOT_FOUND", tableName=f"`{path}`")


def open_snapshot(path: str, version: int | None, time_zone: str) -> Snapshot:
    """Version `version` of the table, None for the latest.

    Raises: SparkError DELTA_VERSION_NOT_FOUND, and for tables that need what is not there
    """
    table = open_table(path)
    if version is not None and version != table.version():
        _check_version(path, version, table.version())
        guarded(path, lambda: table.load_as_version(version))
    return snapshot_of(table, path, time_zone)


def snapshot_of(table: Any, path: str, time_zone: str) -> Snapshot:
    """Raises: SparkError for tables that need what is not there"""
    _check_features(table)
    found = metadata_of(table)
    names = found.partition_columns
    _check_partitions(found.schema, names, time_zone)
    rows = pa.table(table.get_add_actions()).select(["path", "size_bytes", "modification_time", "num_records"])
    paths, sizes, times, counts = (column.to_pylist() for column in rows.columns)
    files = [DataFile(log.file_path(path, p), size, time) for p, size, time in zip(paths, sizes, times, strict=True)]
    return Snapshot(
        path,
        found.table_id,
        found.version,
        found.schema,
        names,
        tuple(files),
        tuple(paths),
        tuple(counts),
        found.properties,
    )


def _check_version(path: str, version: int, latest: int) -> None:
    if not 0 <= version <= latest:
        earliest = next(iter(log.versions(path)), latest)
        parameters = {"userVersion": str(version), "earliest": str(earliest), "latest": str(latest)}
        raise analysis_error("DELTA_VERSION_NOT_FOUND", **parameters)


def _check_features(table: Any) -> None:
    for feature in table.protocol().reader_features or ():
        if feature not in _FEATURES:
            raise not_supported(f"Reading a Delta table with the feature {feature}", "Drop the feature from the table.")
    if '"variant"' in table.schema().to_json():
        raise not_supported("Reading a Delta table with a VARIANT column", "Leave the column out where it is written.")
    if table.metadata().configuration.get(_MAPPING, "none") != "none":
        hint = "Rewrite the table with delta.columnMapping.mode = none."
        raise not_supported("Reading a Delta table with column mapping", hint)
    if "deletionVectors" in (table.protocol().reader_features or ()) and _has_deletion_vectors(table):
        hint = "Remove them with REORG TABLE … APPLY (PURGE) where the table was written."
        raise not_supported("Reading a Delta table with deletion vectors", hint)


def _has_deletion_vectors(table: Any) -> bool:
    """One that delta-rs cannot decode is one, too."""
    try:
        return bool(table.deletion_vectors().read_all().num_rows)
    except library().exceptions.DeltaError:
        return True


def _check_partitions(schema: StructType, names: Sequence[str], time_zone: str) -> None:
    """The log holds instants without a zone: delta-rs means UTC, Spark its session's zone."""
    has_instants = any(isinstance(f.data_type, TimestampType) for f in schema.fields if f.name in names)
    if has_instants and time_zone not in {"UTC", "Etc/UTC", "GMT", "Z"}:
        hint = "Set spark.sql.session.timeZone to UTC."
        raise not_supported("A Delta table partitioned by TIMESTAMP outside the time zone UTC", hint)


def guarded(path: str, call: Any) -> Any:
    """What `call` returns; an error of delta-rs becomes ours."""
    try:
        return call()
    except library().exceptions.DeltaError as error:
        raise failed(path, error) from error


def failed(path: str, error: Exception) -> SparkError:
    if _DISK_FULL in str(error):
        return SparkError(ErrorKind.SPARK, "UNBOUNDED_DISK_FULL", {"path": path})
    return analysis_error("UNBOUNDED_DELTA_TABLE", path=path, reason=str(error).split("\n")[0])


def concurrent_write() -> SparkError:
    """Others have changed the table meanwhile."""
    return analysis_error("DELTA_CONCURRENT_WRITE", conflictingCommit="", docLink=_CONCURRENCY)
