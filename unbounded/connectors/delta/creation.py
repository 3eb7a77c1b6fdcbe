"""An empty Delta table, a table replaced by one, other properties: what a table is, no rows.

The commits are this engine's own: delta-rs leaves out features that a table with NOT NULL columns must name, and adds
others that a table does not need with its properties.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unbounded.connectors.delta.fitting import check_partitions, check_types
from unbounded.connectors.delta.log import is_table
from unbounded.connectors.delta.table import (
    FEATURES_OF,
    Snapshot,
    TableMetadata,
    concurrent_write,
    open_metadata,
    open_snapshot,
)
from unbounded.connectors.delta.transaction import FEED, put_version, removed_file
from unbounded.errors import not_supported
from unbounded.ids import new_id
from unbounded.storage.api import FileSystem
from unbounded.types.datatypes import StructType, TimestampNTZType, contains_type
from unbounded.types.json_form import to_json

_WITHOUT_FEATURES, _WITH_FEED, _WITH_FEATURES = 2, 4, 7
"""Versions of the protocol for writers; readers need version 1, with features 3."""

_NEED_MORE = {
    "delta.columnmapping.mode": "none",
    "delta.checkpointpolicy": "classic",
    "delta.enabledeletionvectors": "false",
    "delta.enableicebergcompatv1": "false",
    "delta.enableicebergcompatv2": "false",
    "delta.enableincommittimestamps": "false",
    "delta.enablerowtracking": "false",
    "delta.enabletypewidening": "false",
    "delta.randomizefileprefixes": "false",
    "delta.universalformat.enabledformats": "",
}
"""Properties that ask for features which are not there, and the value with which they ask for nothing."""
_NEED_MORE_PREFIXES = ("delta.feature.", "delta.constraints.", "delta.minreaderversion", "delta.minwriterversion")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a table is made with; `properties` are those of `TBLPROPERTIES`."""

    schema: StructType
    partition_columns: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    comment: str | None = None


def create(path: str, definition: Definition, files: FileSystem, now_ms: int) -> None:
    """Makes the table at `path` (absolute), or gives the one that is there a version of this form without rows.

    Raises: SparkError for types, partitions and properties a Delta table cannot have, DELTA_CONCURRENT_WRITE
    """
    if not definition.schema.fields:
        raise not_supported("A Delta table without columns", "Give it columns.")
    check_types(definition.schema)
    check_properties(definition.properties)
    names = check_partitions(definition.schema, definition.partition_columns)
    before = open_snapshot(path, None, "UTC") if is_table(path) else None
    actions = _actions(definition, names, before, now_ms)
    if not put_version(path, 0 if before is None else before.version + 1, list(actions), files):
        raise concurrent_write()


def check_properties(properties: tuple[tuple[str, str], ...]) -> None:
    """Raises: SparkError for a property that needs more than is there"""
    for name, value in properties:
        lower = name.lower()
        is_more = lower in _NEED_MORE and value.lower() != _NEED_MORE[lower]
        if is_more or lower.startswith(_NEED_MORE_PREFIXES):
            raise not_supported(f"The property {name} = {value} of a Delta table", "Leave it out.")


def _actions(
    definition: Definition, partition_columns: tuple[str, ...], before: Snapshot | None, now_ms: int
) -> Iterator[dict[str, Any]]:
    info = {"timestamp": now_ms, "operation": "CREATE TABLE" if before is None else "CREATE OR REPLACE TABLE"}
    yield {"commitInfo": {**info, "operationParameters": {}, "engineInfo": "unbounded"}}
    yield {"protocol": _protocol(definition, None if before is None else open_metadata(before.path))}
    table_id, created_ms = (new_id(), now_ms) if before is None else (before.table_id, now_ms)
    yield {"metaData": _metadata(definition, partition_columns, table_id, created_ms)}
    if before is not None:
        yield from ({"remove": removed_file(before, position, now_ms)} for position in range(len(before.files)))


def _metadata(
    definition: Definition, partition_columns: tuple[str, ...], table_id: str, created_ms: int | None
) -> dict[str, Any]:
    metadata = {
        "id": table_id,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": to_json(definition.schema),
        "partitionColumns": list(partition_columns),
        "configuration": dict(definition.properties),
        "createdTime": created_ms,
    }
    return metadata if definition.comment is None else {**metadata, "description": definition.comment}


def set_properties(path: str, properties: Mapping[str, str], files: FileSystem, now_ms: int) -> None:
    """Adds to the properties of the table at `path`, and to its protocol what they need.

    Raises: SparkError for properties that need more than is there, DELTA_CONCURRENT_WRITE
    """
    check_properties(tuple(properties.items()))
    before = open_metadata(path)
    merged = tuple({**dict(before.properties), **properties}.items())
    definition = Definition(before.schema, before.partition_columns, merged, before.comment)
    info = {"timestamp": now_ms, "operation": "SET TBLPROPERTIES", "engineInfo": "unbounded"}
    actions = [
        {"commitInfo": {**info, "operationParameters": {"properties": json.dumps(dict(properties))}}},
        {"protocol": _protocol(definition, before)},
        {"metaData": _metadata(definition, before.partition_columns, before.table_id, before.created_ms)},
    ]
    if not put_version(path, before.version + 1, actions, files):
        raise concurrent_write()


def _protocol(definition: Definition, before: TableMetadata | None) -> dict[str, Any]:
    """What the table needs, and what it needed before: a table asks for no less than it has."""
    has_feed = dict(definition.properties).get(FEED, "false").lower() == "true"
    has_wall_clock = contains_type(definition.schema, TimestampNTZType)
    reader_version, writer_version = (before.reader_version, before.writer_version) if before else (1, 0)
    writer_version = max(writer_version, _WITH_FEED if has_feed else _WITHOUT_FEATURES)
    if writer_version < _WITH_FEATURES and not has_wall_clock:
        return {"minReaderVersion": reader_version, "minWriterVersion": writer_version}
    readers = {*(before.reader_features if before else ()), *(["timestampNtz"] if has_wall_clock else [])}
    earlier_version = before.writer_version if before else _WITHOUT_FEATURES
    implied = {name for version, names in FEATURES_OF.items() if version <= earlier_version for name in names}
    writers = {*readers, *(before.writer_features if before else ()), *(["changeDataFeed"] if has_feed else [])}
    writers |= FEATURES_OF[2] if writer_version == _WITH_FEATURES else implied
    versions = {"minReaderVersion": 3 if readers else 1, "minWriterVersion": _WITH_FEATURES}
    features = {"readerFeatures": sorted(readers), "writerFeatures": sorted(writers)}
    return {**versions, **(features if readers else {"writerFeatures": sorted(writers)})}
