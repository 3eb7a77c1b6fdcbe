"""OPTIMIZE, VACUUM, RESTORE and ALTER TABLE of Delta tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unbounded.connectors.delta import creation, upkeep
from unbounded.connectors.delta.fitting import check_types
from unbounded.connectors.delta.table import Snapshot, open_metadata, open_snapshot
from unbounded.connectors.delta.time_travel import version_to_read
from unbounded.connectors.delta.transaction import check_writable
from unbounded.errors import analysis_error, not_supported, requirement_failed
from unbounded.plan import unresolved as u
from unbounded.session.commands.context import NOTHING, CommandContext, result_rows
from unbounded.session.delta.target import find_target
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import LONG, STRING, StructField, StructType
from unbounded.types.ddl import parse_columns

_SIZES = "struct<min:bigint,max:bigint,avg:double,totalFiles:bigint,totalSize:bigint>"
_COUNTED = "struct<num:bigint,size:bigint>"
_CUBES = "struct<numFiles:bigint,size:bigint>"
_OPTIMIZED = parse_columns(
    "path string, metrics struct<numFilesAdded:bigint,numFilesRemoved:bigint,"
    f"filesAdded:{_SIZES},filesRemoved:{_SIZES},partitionsOptimized:bigint,"
    f"zOrderStats:struct<strategyName:string,inputCubeFiles:{_COUNTED},inputOtherFiles:{_COUNTED},inputNumCubes:bigint,"
    f"mergedFiles:{_COUNTED},numOutputCubes:bigint,mergedNumCubes:bigint>,"
    f"clusteringStats:struct<inputZCubeFiles:{_CUBES},inputOtherFiles:{_CUBES},inputNumZCubes:bigint,"
    f"mergedFiles:{_CUBES},numOutputZCubes:bigint>,numBins:bigint,numBatches:bigint,totalConsideredFiles:bigint,"
    "totalFilesSkipped:bigint,preserveInsertionOrder:boolean,numFilesSkippedToReduceWriteAmplification:bigint,"
    "numBytesSkippedToReduceWriteAmplification:bigint,startTimeMs:bigint,endTimeMs:bigint,"
    "totalClusterParallelism:bigint,totalScheduledTasks:bigint,"
    "autoCompactParallelismStats:struct<maxClusterActiveParallelism:bigint,minClusterActiveParallelism:bigint,"
    "maxSessionActiveParallelism:bigint,minSessionActiveParallelism:bigint>,"
    "deletionVectorStats:struct<numDeletionVectorsRemoved:bigint,numDeletionVectorRowsRemoved:bigint>,"
    "numTableColumns:bigint,numTableColumnsWithStats:bigint>"
)
"""Delta's answer to OPTIMIZE; what delta-rs does not count is NULL."""

_COUNTS = ("numFilesAdded", "numFilesRemoved", "partitionsOptimized", "numBatches", "totalConsideredFiles")
_RESTORED = tuple(
    StructField(name, LONG)
    for name in (
        "table_size_after_restore",
        "num_of_files_after_restore",
        "num_removed_files",
        "num_restored_files",
        "removed_files_size",
        "restored_files_size",
    )
)
_RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
_RETENTION_HOURS = 168
_TOO_SHORT = """Are you sure you would like to vacuum files with such a low retention period? If you have
writers that are currently writing to this table, there is a risk that you may corrupt the
state of your Delta table.

If you are certain that there are no operations being performed on this table, such as
insert/upsert/delete/optimize, then you may turn off this check by setting:
spark.databricks.delta.retentionDurationCheck.enabled = false

If you are not sure, please use a value not less than "168 hours".
       """


def optimize_table(command: u.OptimizeTable, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError DELTA_ONLY_OPERATION, and for tables that ask for more than is there"""
    target = find_target(command.table, "OPTIMIZE", context)
    check_writable(open_metadata(target.path), removes=False)
    found = upkeep.compact(target.path, command.z_order)
    metrics: dict[str, Any] = {name: found.get(name) for name in _COUNTS}
    metrics |= {name: _sizes(found.get(name)) for name in ("filesAdded", "filesRemoved")}
    metrics["totalFilesSkipped"] = found.get("totalFilesSkipped")
    metrics["preserveInsertionOrder"] = found.get("preserveInsertionOrder")
    return result_rows(_OPTIMIZED.fields, [(f"file:{target.path}", metrics)])


def _sizes(found: object) -> Mapping[str, object] | None:
    """delta-rs gives JSON; without files there is no smallest and no largest."""
    if found is None:
        return None
    found = json.loads(found) if isinstance(found, str) else found
    assert isinstance(found, Mapping)
    has_files = bool(found.get("totalFiles"))
    return {name: value if has_files or name not in ("min", "max") else None for name, value in found.items()}


def vacuum_table(command: u.VacuumTable, context: CommandContext) -> u.LocalRelation:
    """Raises: IllegalArgumentException for a retention that may break running writers"""
    target = find_target(command.table, "VACUUM", context)
    check_writable(open_metadata(target.path), removes=False)
    checks = (context.config.find(_RETENTION_CHECK) or "true").lower() != "false"
    hours = command.retain_hours
    if hours is not None and hours != int(hours):
        raise not_supported(f"VACUUM … RETAIN {hours} HOURS", "Give whole hours.")
    if checks and hours is not None and hours < _RETENTION_HOURS:
        raise requirement_failed(_TOO_SHORT)
    names = upkeep.vacuum(target.path, hours, is_dry_run=command.is_dry_run, checks_retention=checks)
    shown = [f"file:{target.path}/{name}" for name in names] if command.is_dry_run else [f"file:{target.path}"]
    return result_rows((StructField("path", STRING),), [(name,) for name in shown])


def restore_table(command: u.RestoreTable, context: CommandContext) -> u.LocalRelation:
    """Raises: SparkError DELTA_CANNOT_RESTORE_TABLE_VERSION, DELTA_TIMESTAMP_…"""
    target = find_target(command.table, "RESTORE", context)
    check_writable(open_metadata(target.path), removes=True)
    zone = context.config.time_zone
    before = open_snapshot(target.path, None, zone)
    version = command.version
    if command.timestamp is not None:
        version = version_to_read(target.path, {"timestampasof": command.timestamp}, context.config.zone)
    if version is None or not 0 <= version <= before.version:
        parameters = {"startVersion": "0", "endVersion": str(before.version)}
        raise analysis_error("DELTA_CANNOT_RESTORE_TABLE_VERSION", version=str(version), **parameters)
    upkeep.restore(target.path, version)
    after = open_snapshot(target.path, None, zone)
    return result_rows(_RESTORED, [_restored(before, after)])


def _restored(before: Snapshot, after: Snapshot) -> tuple[int, ...]:
    old, new = ({file.path: file.size_bytes for file in version.files} for version in (before, after))
    removed, restored = old.keys() - new.keys(), new.keys() - old.keys()
    sizes = (sum(old[path] for path in removed), sum(new[path] for path in restored))
    return (sum(new.values()), len(new), len(removed), len(restored), *sizes)


def set_properties(command: u.SetTableProperties, context: CommandContext) -> u.LocalRelation:
    """ALTER TABLE … SET TBLPROPERTIES."""
    target = find_target(command.table, "ALTER TABLE", context)
    now_ms = context.environment.now_us // 1000
    creation.set_properties(target.path, dict(command.properties), LocalFileSystem(), now_ms)
    return NOTHING


def add_columns(command: u.AddColumns, context: CommandContext) -> u.LocalRelation:
    """ALTER TABLE … ADD COLUMNS: they are NULL in the rows there are."""
    target = find_target(command.table, "ALTER TABLE", context)
    required = next((field.name for field in command.columns.fields if not field.nullable), None)
    if required is not None:
        raise not_supported(f"Adding the NOT NULL column {required}", "Leave NOT NULL out.")
    known = {field.name.lower() for field in open_metadata(target.path).schema.fields}
    for field in command.columns.fields:
        if field.name.lower() in known:
            raise analysis_error("FIELD_ALREADY_EXISTS", op="add", fieldNames=f"`{field.name}`", struct="")
    check_types(StructType(command.columns.fields))
    upkeep.add_columns(target.path, command.columns)
    return NOTHING
