"""The change data feed: which files tell what each version did to rows, and how they are read as one table.

A version written with the feed has files of change data; one that only added or removed whole files has none, and its
own files tell the same: every row of theirs is an insert or a delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from unbounded.connectors.delta import log
from unbounded.connectors.delta.library import library
from unbounded.connectors.delta.table import Snapshot
from unbounded.connectors.delta.transaction import FEED
from unbounded.connectors.files.format_options import ParquetOptions
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import FileFormat
from unbounded.errors import analysis_error
from unbounded.types.datatypes import LONG, STRING, TIMESTAMP, StructField, StructType

CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP = "_change_type", "_commit_version", "_commit_timestamp"
FILE_CHANGE_TYPE = "_unbounded_change_type"
"""What all rows of a file are, if the file does not say it of each."""

_TOLD = StructType(
    (
        StructField(FILE_CHANGE_TYPE, STRING),
        StructField(COMMIT_VERSION, LONG),
        StructField(COMMIT_TIMESTAMP, TIMESTAMP),
    )
)


def feed_scan(table: Snapshot, files: Iterable[DataFile]) -> FileScan:
    """A read of files that `feed_files` made: the table's columns, CHANGE_TYPE, partitions, then what is told."""
    by_name = {field.name: field for field in table.schema.fields}
    data = [f for f in table.schema.fields if f.name not in table.partition_columns]
    partitions = StructType((*(by_name[name] for name in table.partition_columns), *_TOLD.fields))
    schema = StructType((*data, StructField(CHANGE_TYPE, STRING)))
    told = frozenset(partitions.names)
    return FileScan(FileFormat.PARQUET, tuple(files), schema, ParquetOptions(), partitions, told=told)


def feed_files(table: Snapshot, version: int, milliseconds: int) -> list[DataFile]:
    """The files that tell what `version`, of that time, changed. Raises: FileNotFoundError if the version is gone"""
    commit = log.read_feed(table.path, version)
    return [_told(table, file, version, milliseconds) for file in commit]


def snapshot_files(table: Snapshot, files: Sequence[DataFile], milliseconds: int) -> list[DataFile]:
    """The files of `table` as a feed that begins with it: all its rows are inserts."""
    logged = [log.FeedFile(file, table.values_of(file.path), "insert") for file in files]
    return [_told(table, file, table.version, milliseconds) for file in logged]


def is_change_data(file: DataFile) -> bool:
    """Whether each row of a file of the feed says what it is."""
    return file.values[-len(_TOLD.fields)] is None


def _told(table: Snapshot, file: log.FeedFile, version: int, milliseconds: int) -> DataFile:
    time = datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%fZ")
    values = (*(file.partition_values.get(name) for name in table.partition_columns), file.change_type)
    plain = file.file
    return DataFile(plain.path, plain.size_bytes, plain.modified_ms, (*values, str(version), time))


@dataclass(frozen=True, slots=True)
class FeedRange:
    """`first` to `last`, both inclusive."""

    first: int
    last: int


def check_recorded(path: str, versions: FeedRange) -> None:
    """Raises: SparkError DELTA_MISSING_CHANGE_DATA if the table did not keep its changes all the time"""
    properties = library().DeltaTable(path, version=versions.first).metadata().configuration
    for version in range(versions.first, versions.last + 1):
        changed = log.read_properties(path, version)
        properties = properties if changed is None else changed
        if properties.get(FEED, "false").lower() != "true":
            parameters = {"startVersion": str(versions.first), "endVersion": str(versions.last), "key": FEED}
            raise analysis_error("DELTA_MISSING_CHANGE_DATA", version=str(version), **parameters)
