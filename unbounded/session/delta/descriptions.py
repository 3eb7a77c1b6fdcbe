"""DESCRIBE HISTORY and DESCRIBE DETAIL of Delta tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from unbounded.connectors.delta.log import commit_times, read_info
from unbounded.connectors.delta.table import open_metadata, open_snapshot
from unbounded.plan import unresolved as u
from unbounded.session.commands.context import CommandContext, result_rows
from unbounded.session.delta.target import find_target
from unbounded.types.ddl import parse_columns

_HISTORY = parse_columns(
    "version bigint, timestamp timestamp, userId string, userName string, operation string, "
    "operationParameters map<string,string>, job struct<jobId:string,jobName:string,jobRunId:string,runId:string,"
    "jobOwnerId:string,triggerType:string>, notebook struct<notebookId:string>, clusterId string, readVersion bigint, "
    "isolationLevel string, isBlindAppend boolean, operationMetrics map<string,string>, userMetadata string, "
    "engineInfo string"
)
_DETAIL = parse_columns(
    "format string, id string, name string, description string, location string, createdAt timestamp, "
    "lastModified timestamp, partitionColumns array<string>, clusteringColumns array<string>, numFiles bigint, "
    "sizeInBytes bigint, properties map<string,string>, minReaderVersion int, minWriterVersion int, "
    "tableFeatures array<string>"
)


def describe_history(command: u.DescribeHistory, context: CommandContext) -> u.LocalRelation:
    """The versions whose commits are still there, latest first."""
    target = find_target(command.table, "DESCRIBE HISTORY", context)
    times = list(reversed(commit_times(target.path)))[: command.limit]
    rows = [_version(time.version, time.milliseconds, read_info(target.path, time.version)) for time in times]
    return result_rows(_HISTORY.fields, rows)


def _version(version: int, milliseconds: int, info: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        version,
        _instant(milliseconds),
        info.get("userId"),
        info.get("userName"),
        info.get("operation"),
        _texts(info.get("operationParameters")),
        None,
        None,
        None,
        info.get("readVersion"),
        info.get("isolationLevel"),
        info.get("isBlindAppend"),
        _texts(info.get("operationMetrics")),
        info.get("userMetadata"),
        info.get("engineInfo"),
    )


def describe_detail(command: u.DescribeDetail, context: CommandContext) -> u.LocalRelation:
    target = find_target(command.table, "DESCRIBE DETAIL", context)
    metadata = open_metadata(target.path)
    files = open_snapshot(target.path, None, context.config.time_zone).files
    row: tuple[object, ...] = (
        "delta",
        metadata.table_id,
        None if target.table is None or target.table.is_path else ".".join(target.table.parts),
        metadata.comment,
        f"file:{target.path}",
        _instant(metadata.created_ms),
        _instant(commit_times(target.path)[-1].milliseconds),
        list(metadata.partition_columns),
        [],
        len(files),
        sum(file.size_bytes for file in files),
        list(metadata.properties),
        metadata.reader_version,
        metadata.writer_version,
        list(metadata.features),
    )
    return result_rows(_DETAIL.fields, [row])


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _texts(value: Mapping[str, Any] | None) -> list[tuple[str, str | None]] | None:
    """A map of the log as texts: what is no text is JSON."""
    if value is None:
        return None
    return [(k, v if v is None or isinstance(v, str) else json.dumps(v)) for k, v in value.items()]
