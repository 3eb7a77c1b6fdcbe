"""A commit of this engine's own: files that come and go in one version of a Delta table, or no version at all.

delta-rs commits what it writes itself; changes of rows are computed here, and their change data with them, for which
it has no way in. The commit is put under the name of the version after the one that was read: whoever is first has it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from unbounded.connectors.delta.data_files import WrittenFile
from unbounded.connectors.delta.library import library
from unbounded.connectors.delta.log import commit_path
from unbounded.connectors.delta.table import Snapshot, TableMetadata
from unbounded.errors import SparkError, not_supported, unsupported_error
from unbounded.storage.api import FileSystem

_ENGINE = "unbounded"
_CHECKPOINT_INTERVAL = "delta.checkpointInterval"
_CHECKPOINT_INTERVAL_DEFAULT = 10
_WRITER_VERSION_MAX = 7
_FEATURES = frozenset(
    {
        "appendOnly",
        "changeDataFeed",
        "checkConstraints",
        "columnMapping",
        "deletionVectors",
        "domainMetadata",
        "generatedColumns",
        "identityColumns",
        "invariants",
        "timestampNtz",
        "v2Checkpoint",
        "vacuumProtocolCheck",
        "variantType",
    }
)
"""What a table may ask of its writers; that none of it is in use which would need more is checked beside."""
_IN_COLUMNS = ("delta.generationExpression", "delta.identity.start", "delta.invariants")
FEED = "delta.enableChangeDataFeed"
_APPEND_ONLY = "delta.appendOnly"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A write of an application that happens once: a version is skipped if it, or a later one, is in the table."""

    app_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a program wants a commit to bear."""

    user_metadata: str | None = None
    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """`removed`: positions in the snapshot's files. `feed`: files of the change data feed."""

    operation: str
    parameters: Mapping[str, str]
    removed: Sequence[int]
    added: Sequence[WrittenFile]
    feed: Sequence[WrittenFile] = ()
    metrics: Mapping[str, int] = field(default_factory=dict)
    stamp: Stamp = Stamp()

    def discard(self) -> None:
        """Deletes what was written for a version that does not come."""
        for file in (*self.added, *self.feed):
            with suppress(FileNotFoundError):
                os.unlink(file.path)


def check_writable(metadata: TableMetadata, *, removes: bool) -> None:
    """Raises: SparkError DELTA_CANNOT_MODIFY_APPEND_ONLY, and for tables that ask for more than is there"""
    properties = dict(metadata.properties)
    if removes and properties.get(_APPEND_ONLY, "false").lower() == "true":
        parameters = {"table_name": "null", "config": _APPEND_ONLY}
        raise unsupported_error("DELTA_CANNOT_MODIFY_APPEND_ONLY", **parameters)
    for feature in {*metadata.reader_features, *metadata.writer_features}:
        if feature not in _FEATURES:
            raise _refused(f"the feature {feature}")
    if metadata.writer_version > _WRITER_VERSION_MAX:
        raise _refused(f"writer version {metadata.writer_version}")
    if any(name.startswith("delta.constraints.") for name in properties):
        raise _refused("CHECK constraints")
    if any(key in _IN_COLUMNS for f in metadata.schema.fields for key, _ in f.metadata):
        raise _refused("generated or identity columns, or invariants")


def commit(snapshot: Snapshot, changes: Changes, files: FileSystem, now_ms: int) -> bool:
    """Puts `changes` as the version after `snapshot`; False, and nothing done, if that version is there already."""
    version = snapshot.version + 1
    actions = [_info(changes, snapshot, now_ms), *_transaction(changes.stamp, now_ms)]
    actions += [{"remove": removed_file(snapshot, position, now_ms)} for position in changes.removed]
    actions += [{"add": _added(file)} for file in changes.added]
    actions += [{"cdc": _of_feed(file)} for file in changes.feed]
    if not put_version(snapshot.path, version, actions, files):
        return False
    interval = int(dict(snapshot.properties).get(_CHECKPOINT_INTERVAL, _CHECKPOINT_INTERVAL_DEFAULT))
    if version % interval == 0:
        library().DeltaTable(snapshot.path).create_checkpoint()
    return True


def put_version(path: str, version: int, actions: Sequence[Mapping[str, Any]], files: FileSystem) -> bool:
    """Durably; False, and nothing done, if the version is there already."""
    content = "".join(json.dumps(action, ensure_ascii=False, separators=(",", ":")) + "\n" for action in actions)
    return files.put_if_absent(commit_path(path, version), content.encode())


def _info(changes: Changes, snapshot: Snapshot, now_ms: int) -> dict[str, Any]:
    info = {
        "timestamp": now_ms,
        "operation": changes.operation,
        "operationParameters": dict(changes.parameters),
        "readVersion": snapshot.version,
        "isolationLevel": "Serializable",
        "isBlindAppend": False,
        "operationMetrics": {name: str(value) for name, value in changes.metrics.items()},
        "engineInfo": _ENGINE,
    }
    user_metadata = changes.stamp.user_metadata
    return {"commitInfo": info if user_metadata is None else {**info, "userMetadata": user_metadata}}


def _transaction(stamp: Stamp, now_ms: int) -> list[dict[str, Any]]:
    found = stamp.transaction
    return [] if found is None else [{"txn": {"appId": found.app_id, "version": found.version, "lastUpdated": now_ms}}]


def removed_file(snapshot: Snapshot, position: int, now_ms: int) -> dict[str, Any]:
    file = snapshot.files[position]
    return {
        "path": snapshot.names[position],
        "deletionTimestamp": now_ms,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": dict(snapshot.partition_values(position)),
        "size": file.size_bytes,
    }


def _added(file: WrittenFile) -> dict[str, Any]:
    return {
        "path": file.name,
        "partitionValues": dict(file.partition_values),
        "size": file.size_bytes,
        "modificationTime": file.modified_ms,
        "dataChange": True,
        "stats": file.statistics,
    }


def _of_feed(file: WrittenFile) -> dict[str, Any]:
    values = dict(file.partition_values)
    return {"path": file.name, "partitionValues": values, "size": file.size_bytes, "dataChange": False}


def _refused(what: str) -> SparkError:
    return not_supported(f"Changing rows of a Delta table with {what}", "Change them where the table was made.")
